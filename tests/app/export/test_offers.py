"""What the server's pages offer, those of the export offer too, less what docs/export.md names."""

from collections.abc import Iterator

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver

from store.files.protocol import digest
from tests.app.browsing import serving, show, wait_until
from tests.app.export.acting import ready
from tests.conftest import Filled

pytestmark = pytest.mark.browser
# what can be pressed, followed or filled in
OFFERED = (
    "return [...document.querySelectorAll('a, button, input, select')]"
    ".filter(e => e.checkVisibility()).map(e => {"
    "  const copy = e.cloneNode(true);"
    "  for (const part of copy.querySelectorAll('kbd, [hidden]')) part.remove();"
    "  return copy.textContent.trim().replace(/\\s+/g, ' ') || e.name || 'picture';"
    "})"
)
ABSENT = {
    "Live", "Translate", "For developers", "Easy", "Normal", "Hard", "Report this picture",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(shown_store: Filled) -> Iterator[str]:
    yield from serving(shown_store.settings)


def offered(browser: webdriver.Chrome, address: str) -> set[str]:
    browser.get(address)
    wait_until(browser, "return document.readyState === 'complete'")
    return set(browser.execute_script(OFFERED))


def alike(browser: webdriver.Chrome, there: str, here: str) -> None:
    theirs = offered(browser, there)
    offered(browser, here)
    ready(browser)
    ours = set(browser.execute_script(OFFERED))
    assert ours == theirs - ABSENT, (there, here)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_same_is_offered(
    browser: webdriver.Chrome, server: str, site: str, shown_store: Filled, width: int, scheme: str
) -> None:
    show(browser, width, scheme)
    number = digest(shown_store.some("hat")[2])[:12]
    for there, here in (
        ("/?walk=5.0", "?walk=5.0"),
        ("/gallery", "gallery/"),
        ("/c/hat", "c/hat/"),
        ("/c/hat/random", "c/hat/random/"),
        (f"/i/{number}?in=category", f"i/{number}/"),
        (f"/i/{number}?in=gallery", f"i/{number}/#in=gallery"),
        ("/categories", "categories/"),
        ("/favourites", "favourites/"),
        (f"/favourites?ids={number}", f"favourites/shared/?ids={number}"),
        ("/play", "play/"),
        ("/seed", "seed/"),
        ("/seed?text=Ada", "seed/?text=Ada"),
        ("/about", "about/"),
        ("/absent", "404.html"),
    ):
        alike(browser, server + there, site + here)
