"""The exported site's `live/`: a generator in the visitor's browser, from files alone."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.browser.packages import put_runtime
from tests.app.export.exporting import export
from tests.app.export.test_export import linked
from tests.conftest import Filled
from tests.tiny_model import SLUGS, build_tiny_model

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browser.test_browser import LOAD_S, PIXELS, STATE, changed, metered, shown_of, tap
from tests.app.browsing import show, violations, wait_until


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_model(folder)
    return folder


def test_its_files_lie_beside_its_description(filled: Filled, models: Path, tmp_path: Path) -> None:
    put_runtime(filled.settings.home)
    result = export(
        replace(filled.settings, models_folder=models), tmp_path / "out", "--base-path", "/x/"
    )
    assert result.exit_code == 0, result.output
    files = {path.name for path in (tmp_path / "out" / "live" / "files" / "tiny").iterdir()}
    assert len(files) == 5 and "description.json" in files
    text = (tmp_path / "out" / "live" / "index.html").read_text()
    assert 'data-live="/x/live/files/tiny/description.json"' in text
    assert "data-server" not in text and "data-file" not in text
    assert "worker-src 'self'" in text and "noindex" not in text
    pictures = re.findall(r'<li><img src="(/x/images/[^"]+)"', text)
    assert len(set(pictures)) == 10
    assert 'href="/x/live/"' in (tmp_path / "out" / "index.html").read_text()
    for address in linked(text):
        assert address.startswith(("/x/", "#")) or not address, address


def test_without_a_runtime_there_is_no_such_page(
    filled: Filled, models: Path, tmp_path: Path
) -> None:
    result = export(replace(filled.settings, models_folder=models), tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "out" / "live").exists()
    assert "/live" not in linked((tmp_path / "out" / "index.html").read_text())


@pytest.fixture(scope="module")
def exported(
    shown_store: Filled, models: Path, fetched_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Python's own file server over the folder above: the site is at /deep/site/."""
    above = tmp_path_factory.mktemp("exported")
    settings = replace(shown_store.settings, models_folder=models, home=fetched_home)
    result = export(settings, above / "deep" / "site", "--base-path", "/deep/site/")
    assert result.exit_code == 0, result.output
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1",
         "--directory", str(above)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        port = re.search(r"port (\d+)", server.stdout.readline())[1]  # type: ignore[index]
        yield f"http://127.0.0.1:{port}/deep/site/"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.browser
def test_it_invents_pictures_without_a_server(browser: webdriver.Chrome, exported: str) -> None:
    metered(browser, True)
    tap(browser, f"{exported}live/")
    seen = {}
    for _ in range(4):
        address = shown_of(browser)
        seen[address] = browser.execute_script(PIXELS)
        assert any(f"category={slug}" in address for slug in SLUGS)
        ActionChains(browser).send_keys(Keys.SPACE).perform()
        changed(browser, address)
    assert len(set(seen.values())) == 4
    address, pixels = next(iter(seen.items()))
    tap(browser, f"{exported}live/#{address}")
    assert browser.execute_script(PIXELS) == pixels
    browser.find_element(By.CSS_SELECTOR, "[data-walk]").click()
    assert changed(browser, address).endswith("share=0")
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


@pytest.mark.browser
def test_axe_finds_nothing_there(browser: webdriver.Chrome, axe: str, exported: str) -> None:
    metered(browser, False)
    for width in (390, 1440):
        show(browser, width, "light")
        browser.get("about:blank")
        browser.get(f"{exported}live/#seed=1")
        wait_until(browser, f"{STATE} === 'ready'", wait_s=LOAD_S)
        assert violations(browser, axe) == []
