"""The picture of a text, in the browser as on the server."""

from pathlib import Path
from urllib.parse import quote

import pytest

from app import create_app
from tests.app.export.exporting import export, pages_host

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import wait_until
from tests.app.export.acting import ready, shown
from tests.conftest import Filled

pytestmark = pytest.mark.browser
TEXTS = ["Ada", "ada", "e\u0301", "名前", "a b&c=d+e%", "<b>", "x" * 1000, "foo.bar"]


def picked(store: Filled, text: str, slug: str = "") -> str:
    """Return the hash of the picture that the server leads to."""
    folder = f"/c/{slug}" if slug else ""
    answer = create_app(store.settings).test_client().get(f"{folder}/seed/{quote(text)}.webp")
    assert answer.status_code == 302
    return answer.headers["Location"].rpartition(".")[0][-12:]


def test_the_same_text_gives_the_servers_picture(
    browser: webdriver.Chrome, site: str, shown_store: Filled
) -> None:
    for text in TEXTS:
        browser.get(f"{site}seed/?text={quote(text)}")
        assert shown(browser) == picked(shown_store, text), text
        assert browser.find_element(By.NAME, "text").get_attribute("value") == text
    for text in TEXTS[:4]:
        browser.get(f"{site}seed/?text={quote(text)}&category=asian_dish")
        assert shown(browser) == picked(shown_store, text, "asian_dish")


def test_words_are_typed_and_what_they_give_is_kept(
    browser: webdriver.Chrome, site: str, shown_store: Filled
) -> None:
    browser.get(site)
    browser.find_element(By.LINK_TEXT, "By name").click()
    wait_until(browser, "return location.pathname.endsWith('/seed/')")
    ready(browser)
    assert not browser.find_element(By.CSS_SELECTOR, "[data-heart]").is_displayed()
    field = browser.find_element(By.NAME, "text")
    field.send_keys("Odette Quince", Keys.ENTER)
    wait_until(browser, "return location.search === '?text=Odette+Quince'")
    expected = picked(shown_store, "Odette Quince")
    assert shown(browser) == expected
    assert "does not exist" in browser.find_element(By.TAG_NAME, "h1").text
    browser.find_element(By.CSS_SELECTOR, "[data-heart]").click()
    browser.find_element(By.LINK_TEXT, "This picture").click()
    wait_until(browser, "return location.pathname.includes('/i/')")
    assert shown(browser) == expected
    heart = browser.find_element(By.CSS_SELECTOR, "[data-heart]")
    wait_until(browser, "return arguments[0].getAttribute('aria-pressed') === 'true'", heart)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("text=", "There is no text."),
        (f"text={'x' * 1001}", "The text is longer than 1000 bytes."),
        ("text=x&category=nothing", "There is no category nothing."),
    ],
)
def test_what_gives_no_picture(browser: webdriver.Chrome, site: str, query: str, said: str) -> None:
    browser.get(f"{site}seed/?{query}")
    ready(browser)
    assert browser.find_element(By.CSS_SELECTOR, "[data-said]").text == said
    assert not browser.find_element(By.CSS_SELECTOR, "[data-heart]").is_displayed()


def test_the_servers_addresses_lead_there_where_the_host_shows_404_html(
    browser: webdriver.Chrome, shown_store: Filled, tmp_path: Path
) -> None:
    assert export(shown_store.settings, tmp_path / "x", "--base-path", "/x/").exit_code == 0
    with pages_host(tmp_path, tmp_path / "x" / "404.html") as host:
        for address, text, slug in (
            ("seed/Ada", "Ada", ""), ("seed/Ada.webp", "Ada", ""), ("seed/a%20b.png", "a b", ""),
            ("seed/foo.bar/512.jpg", "foo.bar", ""), ("c/hat/seed/Ada.webp", "Ada", "hat"),
        ):  # fmt: skip
            browser.get(f"{host}/x/{address}")
            wait_until(browser, "return location.pathname === '/x/seed/'")
            assert shown(browser) == picked(shown_store, text, slug), address
        browser.get(f"{host}/x/nothing/at/all")
        ready(browser)
        assert browser.current_url == f"{host}/x/nothing/at/all"
        assert "does not exist either" in browser.find_element(By.TAG_NAME, "h1").text
