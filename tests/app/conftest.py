"""The site over a store: app → client."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from werkzeug.test import TestResponse

from app import create_app
from core.settings import Settings
from store.index.database import open_engine
from store.index.migrating import upgrade
from tests.conftest import Filled, fill, settings_in

if TYPE_CHECKING:
    from selenium import webdriver


class KeptTemplates(BytecodeCache):
    """Compiled templates of this process: a command under test is watched for what it writes."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Hundreds of sites are built, and each would compile its templates: 20 ms for one page."""
    kept = KeptTemplates()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "app.rendering.renderer.Environment", partial(Environment, bytecode_cache=kept)
        )
        yield


@pytest.fixture
def client(filled: Filled) -> FlaskClient:
    return create_app(filled.settings).test_client()


@pytest.fixture
def bare(settings: Settings) -> FlaskClient:
    """A site where nothing has been made yet, not even an index."""
    return create_app(settings).test_client()


def app_with(settings: Settings, **changes: object) -> Flask:
    return create_app(replace(settings, **changes))  # type: ignore[arg-type]


def shown(response: TestResponse) -> dict[str, str]:
    """Return what a picture page shows: picture, heading, name, its language, line, links."""
    text = response.text
    found = {
        "picture": one(r'<img src="([^"]+)"', text),
        "heading": re.sub("<[^>]+>", "", one(r"<h1[^>]*>(.*?)</h1>", text)),
        "name": one(r"<bdi lang=[^>]+>(.*?)</bdi>", text),
        "lang": one(r'<bdi lang="([^"]+)">', text),
        "line": re.sub("<[^>]+>", "", one(r'<p class="line"[^>]*>(.*?)</p>', text)),
        "alternative": one(r' alt="([^"]+)"', text),
        "another": one(r'<a class="button" href="([^"]+)"', text),
    }
    permalink = re.search(r'href="(/i/[^"]+)">Link to', text)
    found["permalink"] = permalink[1] if permalink else ""
    return {key: html.unescape(value) for key, value in found.items()}


def one(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.DOTALL)
    assert match is not None, (pattern, text)
    return match[1]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[webdriver.Chrome]":
    """Debian's Chromium, headless."""
    from tests.app.browsing import chromium

    driver = chromium(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core."""
    from tests.app.browsing import axe_core

    return axe_core()


@pytest.fixture(scope="session")
def fetched_home() -> Path:
    """A folder of downloads with the runtime of visitors' browsers in it; kept between runs."""
    from app.browser.fetching import fetch_runtime
    from core.npm import NpmFailed
    from tests.app.browsing import CACHE
    from tests.programs import absent

    try:
        fetch_runtime(CACHE.parent)
    except NpmFailed as error:
        absent(f"needs @litertjs/core from npm: {error}")
    return CACHE.parent


@pytest.fixture(scope="module")
def shown_store(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A store that tests only look at."""
    settings = settings_in(tmp_path_factory.mktemp("shown"))
    engine = open_engine(settings, write=True)
    upgrade(engine)
    return fill(settings, engine)


@pytest.fixture(scope="module")
def site(shown_store: Filled) -> Iterator[str]:
    """The production server over that store."""
    from tests.app.browsing import serving

    yield from serving(shown_store.settings)
