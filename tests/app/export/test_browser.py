"""The exported site in a real browser, from Python's own file server."""

import json

import pytest

from app.ops.index_handle import OpenIndex
from store.files.protocol import digest
from store.queries.gallery import Gallery
from store.queries.shuffle import read_walk
from tests.conftest import Filled

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import check_everywhere, wait_until
from tests.app.export.acting import SHOWN, TILES, press, ready, shown

pytestmark = pytest.mark.browser


def test_the_walk_is_the_servers_own(
    browser: webdriver.Chrome, site: str, shown_store: Filled
) -> None:
    gallery = Gallery(OpenIndex(shown_store.settings).reader())
    _, _, data = shown_store.some("hat")
    for seed in ("1f", "deadbeef", f"{digest(data)[:12]}00000007"):
        steps = [gallery.step(read_walk(f"{seed}.{step}")) for step in range(5)]  # type: ignore[arg-type]
        expected = [picture.short_hash for picture in steps if picture]
        browser.get(f"{site}?walk={seed}.0")
        found = [shown(browser)]
        for _ in range(4):
            press(browser, Keys.SPACE)
            found.append(shown(browser))
        assert found == expected
        press(browser, Keys.ARROW_LEFT)
        assert shown(browser) == expected[3]


def test_every_picture_comes_once_before_any_comes_twice(
    browser: webdriver.Chrome, site: str, shown_store: Filled
) -> None:
    browser.get(site)
    seen = [shown(browser)]
    while len(seen) < len(shown_store.files):
        press(browser, Keys.SPACE)
        seen.append(shown(browser))
    assert sorted(seen) == sorted(digest(data)[:12] for data in shown_store.files.values())


def test_walls_categories_and_favourites(
    browser: webdriver.Chrome, site: str, shown_store: Filled
) -> None:
    browser.get(f"{site}gallery/")
    assert len(browser.find_elements(By.CSS_SELECTOR, "[data-wall] li")) == len(shown_store.files)
    browser.find_element(By.LINK_TEXT, "Categories").click()
    wait_until(browser, "return location.pathname.endsWith('/categories/')")
    wait_until(browser, "return document.querySelector('.categories a[href$=\"c/hat/\"]')").click()  # type: ignore[attr-defined]
    wait_until(browser, "return location.href === arguments[0]", f"{site}c/hat/")
    wait_until(browser, "return document.readyState === 'complete'")
    hearts = browser.find_elements(By.CSS_SELECTOR, "[data-heart]")
    for heart in hearts[:2]:
        browser.execute_script("arguments[0].click()", heart)
    kept = {heart.get_attribute("data-heart") for heart in hearts[:2]}
    browser.find_element(By.PARTIAL_LINK_TEXT, "Surprise me").click()
    own = {digest(data)[:12] for (slug, _), data in shown_store.files.items() if slug == "hat"}
    for _ in range(4):
        assert shown(browser) in own
        browser.refresh()
    browser.find_element(By.LINK_TEXT, "Favourites").click()
    wait_until(browser, f"return ({TILES[7:]}).length === 2")
    assert set(browser.execute_script(TILES)) == kept


def test_the_gallery_leads_to_its_own_neighbours(
    browser: webdriver.Chrome, site: str, shown_store: Filled
) -> None:
    gallery = Gallery(OpenIndex(shown_store.settings).reader())
    expected = [picture.short_hash for picture in gallery.page(gallery.shelves(), 0)]
    browser.get(f"{site}gallery/")
    ready(browser)
    assert browser.execute_script(TILES) == expected
    browser.execute_script("document.querySelectorAll('[data-wall] a')[17].click()")
    wait_until(browser, "return location.pathname.includes('/i/')")
    assert shown(browser) == expected[17]
    for place in (18, 0, 1):
        press(browser, Keys.ARROW_RIGHT)
        assert shown(browser) == expected[place]
    press(browser, Keys.ARROW_LEFT)
    assert shown(browser) == expected[0]
    up = browser.find_element(By.CSS_SELECTOR, "[data-up]")
    assert up.text == "1 of 19 in the gallery"
    assert up.get_attribute("href") == f"{site}gallery/#p{expected[0]}"
    browser.find_element(By.CSS_SELECTOR, "[data-stage]").click()
    browser.find_element(By.XPATH, "//button[text()='Next']").click()
    wait_until(browser, f"return ({SHOWN[7:]}) === arguments[0]", expected[1])
    wait_until(browser, "return location.hash === '#in=gallery'")
    assert "2 of 19" in str(
        wait_until(browser, "return document.querySelector('[data-up]').textContent")
    )
    browser.find_element(By.CSS_SELECTOR, "[data-leave]").click()


def test_favourites_are_shared_as_one_link(
    browser: webdriver.Chrome, site: str, shown_store: Filled
) -> None:
    hashes = [digest(data)[:12] for data in shown_store.files.values()]
    chosen = [hashes[11], hashes[2], hashes[7]]
    names = "nonesuch/deep/site/.favourites"
    kept = json.dumps([*chosen, "000000000000"])
    browser.execute_script("localStorage.setItem(...arguments)", names, kept)
    browser.get(f"{site}favourites/")
    wait_until(browser, f"return ({TILES[7:]}).length === 3")
    assert browser.execute_script(TILES) == chosen
    words = browser.find_element(By.CSS_SELECTOR, "[data-words]").text
    assert words.endswith("1 of them does not exist any more.")
    browser.execute_script(
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText(url) { window.shared = url }}})"  # noqa: E501
    )
    browser.find_element(By.CSS_SELECTOR, "[data-share-all]").click()
    link = str(wait_until(browser, "return window.shared"))
    assert link == f"{site}favourites/shared/?ids={','.join(chosen)},000000000000"

    browser.execute_script("localStorage.clear()")  # the friend
    for address in (link, link.replace("shared/", "")):  # as earlier exports had it
        browser.get(address)
        wait_until(browser, f"return ({TILES[7:]}).length === 3")
        assert browser.current_url == link
        words = browser.find_element(By.CSS_SELECTOR, "[data-words]").text
        assert words == "A friend likes these. None of them exists, and 1 has since been removed."
    browser.find_element(By.CSS_SELECTOR, "[data-keep-all]").click()
    browser.find_element(By.LINK_TEXT, "Your own").click()
    wait_until(browser, f"return ({TILES[7:]}).length === 3")
    assert browser.execute_script(TILES) == chosen
    browser.get(f"{site}favourites/shared/?ids=000000000000")
    ready(browser)
    assert "not one is here" in browser.find_element(By.CSS_SELECTOR, "[data-words]").text
    assert not browser.find_element(By.CSS_SELECTOR, "[data-keep-all]").is_displayed()


def test_the_slideshow_goes_along_the_walk(
    browser: webdriver.Chrome, site: str, shown_store: Filled
) -> None:
    gallery = Gallery(OpenIndex(shown_store.settings).reader())
    expected = [gallery.step(read_walk(f"5.{n}")).short_hash for n in range(3)]  # type: ignore[arg-type,union-attr]
    browser.get(f"{site}?walk=5.0")
    ready(browser)
    browser.find_element(By.CSS_SELECTOR, "[data-stage]").click()
    for hash_ in expected[1:]:
        wait_until(browser, "return document.querySelector('[data-next]').hash.length > 1")
        browser.find_element(By.XPATH, "//button[text()='Next']").click()
        wait_until(
            browser,
            "return document.querySelector('main [data-heart]').dataset.heart === arguments[0]",
            hash_,
        )
        wait_until(browser, "return location.hash.startsWith('#walk=')")
    browser.find_element(By.CSS_SELECTOR, "[data-leave]").click()


def test_the_slideshow_plays_by_itself(browser: webdriver.Chrome, site: str) -> None:
    browser.execute_script("localStorage.setItem('nonesuch/deep/site/.seconds', '3')")
    browser.get(f"{site}c/hat/")
    ready(browser)
    browser.find_element(By.CSS_SELECTOR, "[data-wall] a").click()
    first = shown(browser)
    browser.find_element(By.CSS_SELECTOR, "[data-slides]").click()
    seconds = browser.find_element(By.CSS_SELECTOR, ".stage-tools select")
    assert seconds.get_attribute("value") == "3"
    second = wait_until(browser, f"const h = ({SHOWN[7:]}); return h !== arguments[0] && h", first)
    wait_until(browser, f"return ![...arguments].includes({SHOWN[7:]})", first, second)
    browser.find_element(By.CSS_SELECTOR, "[data-leave]").click()


def test_a_category_at_random_keeps_full_screens_dress(
    browser: webdriver.Chrome, site: str
) -> None:
    browser.get(f"{site}c/hat/random/")
    ready(browser)
    browser.execute_script("document.querySelector('[data-stage]').click()")
    for _ in range(3):
        browser.execute_script("document.querySelector('[data-next]').click()")
        browser.execute_async_script("setTimeout(arguments[0], 800)")
    assert shown(browser)
    assert browser.execute_script("return document.documentElement.matches('.staged')")
    browser.find_element(By.CSS_SELECTOR, "[data-leave]").click()


def test_it_works_without_script(browser: webdriver.Chrome, site: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(site)
        browser.find_element(By.CSS_SELECTOR, "[data-next]").click()
        assert "/deep/site/i/" in browser.current_url
        browser.find_element(By.CSS_SELECTOR, "[data-next]").click()
        assert "does not exist" in browser.title
        for path, words in {
            "play/": "The game takes a script",
            "seed/?text=x": "It is looked up by a script",
            "favourites/": "They are kept by a script",
            "favourites/shared/?ids=0123456789ab": "shown by a script",
        }.items():
            browser.get(f"{site}{path}")
            assert words in browser.find_element(By.TAG_NAME, "main").text
            browser.find_element(By.LINK_TEXT, "Gallery").click()
            assert browser.current_url == f"{site}gallery/"
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_axe_finds_nothing_on_exported_pages(
    browser: webdriver.Chrome, axe: str, site: str, shown_store: Filled
) -> None:
    number = digest(shown_store.some()[2])[:12]
    for path in ("", "gallery/", "c/hat/", f"i/{number}/", "favourites/", "404.html", "play/",
                 f"favourites/shared/?ids={number}", "seed/", "seed/?text=Ada"):  # fmt: skip
        check_everywhere(browser, axe, site + path)
