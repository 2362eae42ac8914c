"""What a visitor does, in a real browser: with keys alone, and with a finger at 390 px."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import or_, select

from store.changes import restore_image, retire_image
from store.database import open_engine
from store.migrating import upgrade
from store.states import REJECTED
from store.tables import image
from tests.conftest import COUNTS, Filled, fill, settings_in, small_picture

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from tests.app.browsing import WAIT_S, check_everywhere, serving, show, violations, wait_until

pytestmark = pytest.mark.browser
MORE = 100
TOTAL = sum(COUNTS.values()) + MORE
HASH_SHOWN = "return document.querySelector('.number')?.textContent.match(/[0-9a-f]{12}/)?.[0]"
ANOTHER = (
    "const n = document.querySelector('.number')?.textContent;"
    "return n && !n.includes(arguments[0]) && n.match(/[0-9a-f]{12}/)?.[0]"
)
TILES = "return [...document.querySelectorAll('[data-wall] li')].map(li => li.id.slice(1))"
ADDRESS = "return location.pathname + location.search"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Three pages of pictures."""
    settings = settings_in(tmp_path_factory.mktemp("visited"))
    engine = open_engine(settings, write=True)
    upgrade(engine)
    filled = fill(settings, engine)
    filled.add("hat", {f"m{i}.webp": small_picture(9000 + i, "hat") for i in range(MORE)})
    return filled


@pytest.fixture(scope="module")
def site(store: Filled) -> Iterator[str]:
    yield from serving(store.settings)


@pytest.fixture(autouse=True)
def fresh(browser: webdriver.Chrome, site: str) -> Iterator[None]:
    """Each test begins with a browser that keeps nothing, at 390 px, by finger and keys."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    show(browser, 390, "light")
    browser.get(f"{site}/robots.txt")
    browser.execute_script("localStorage.clear()")
    browser.get_log("browser")
    yield
    errors = [e for e in browser.get_log("browser") if e["level"] == "SEVERE"]
    # a page that is gone is an error to the browser
    asked_for = (" status of 404 ", " status of 410 ")
    assert [e for e in errors if not any(s in e["message"] for s in asked_for)] == []


def press(browser: webdriver.Chrome, *keys: str) -> None:
    for key in keys:
        ActionChains(browser).send_keys(key).perform()


def focus(browser: webdriver.Chrome, selector: str, most: int = 60) -> None:
    """Come to an element by the tabulator key alone."""
    for _ in range(most):
        if browser.execute_script("return document.activeElement.matches(arguments[0])", selector):
            return
        press(browser, Keys.TAB)
    raise AssertionError(f"the tabulator key does not lead to {selector}")


def swipe(browser: webdriver.Chrome, by: int) -> None:
    """Swipe, and once more where the machine was too slow for it to be quick."""
    start = 195 - by // 2
    shown, took = browser.execute_script(HASH_SHOWN), 1.0
    while took > 0.5 and browser.execute_script(HASH_SHOWN) == shown:
        began = time.monotonic()
        for kind, points in (
            ("touchStart", [{"x": start, "y": 300}]),
            ("touchMove", [{"x": start + by, "y": 304}]),
            ("touchEnd", []),
        ):
            browser.execute_cdp_cmd(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
            )
        took = time.monotonic() - began


def test_a_wall_goes_on_as_one_scrolls_and_back_leads_there(
    browser: webdriver.Chrome, site: str
) -> None:
    browser.get(f"{site}/gallery")
    end = "scrollTo(0, document.body.scrollHeight); return arguments[0] <= "
    count = "document.querySelectorAll('[data-wall] li').length"
    assert wait_until(browser, end + count, TOTAL)
    hashes = browser.execute_script(TILES)
    assert len(hashes) == len(set(hashes)) == TOTAL
    assert wait_until(browser, f"{ADDRESS.replace('return', 'return (')}) === '/gallery?page=3'")
    opened = hashes[-3]
    tile = browser.find_element(By.CSS_SELECTOR, f"#p{opened} a")
    browser.execute_script("arguments[0].focus()", tile)
    press(browser, Keys.ENTER)
    assert wait_until(browser, HASH_SHOWN) == opened
    browser.back()
    in_sight = (
        "const t = document.getElementById('p' + arguments[0])?.getBoundingClientRect();"
        "return t && t.bottom > 0 && t.top < innerHeight"
    )
    assert wait_until(browser, in_sight, opened)
    assert browser.execute_script(ADDRESS) == "/gallery?page=3"
    browser.refresh()  # the address is a page's own: it shows that picture by itself
    assert wait_until(browser, in_sight, opened)


def test_a_wall_without_a_script(browser: webdriver.Chrome, site: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{site}/c/hat")
    seen = []
    for page in (1, 2, 3):
        found = browser.find_elements(By.CSS_SELECTOR, "[data-wall] li")
        seen += [tile.get_attribute("id") for tile in found]
        hearts = browser.find_elements(By.CSS_SELECTOR, "[data-heart]")
        assert hearts and not any(heart.is_displayed() for heart in hearts)
        if page < 3:
            browser.find_element(By.LINK_TEXT, "Next page").click()
    assert len(seen) == len(set(seen)) == COUNTS["hat"] + MORE
    browser.back()
    assert browser.current_url == f"{site}/c/hat?page=2"


@pytest.mark.parametrize("base", ["/gallery", "/c/mammal"])
def test_next_and_back_by_keys_and_by_swiping(
    browser: webdriver.Chrome, site: str, base: str
) -> None:
    browser.get(site + base)
    hashes = browser.execute_script(TILES)
    focus(browser, f"#p{hashes[0]} a")
    press(browser, Keys.ENTER)
    assert wait_until(browser, HASH_SHOWN) == hashes[0]
    press(browser, Keys.ARROW_RIGHT)
    assert wait_until(browser, ANOTHER, hashes[0]) == hashes[1]
    press(browser, Keys.SPACE)
    assert wait_until(browser, ANOTHER, hashes[1]) == hashes[2]
    press(browser, Keys.ARROW_LEFT)
    assert wait_until(browser, ANOTHER, hashes[2]) == hashes[1]
    swipe(browser, -150)
    assert wait_until(browser, ANOTHER, hashes[1]) == hashes[2]
    swipe(browser, 150)
    assert wait_until(browser, ANOTHER, hashes[2]) == hashes[1]
    browser.find_element(By.PARTIAL_LINK_TEXT, "2 of ").click()
    assert wait_until(browser, f"{ADDRESS.replace('return', 'return (')}) === '{base}'")
    assert browser.execute_script("return location.hash") == f"#p{hashes[1]}"


def test_a_walk_by_the_space_bar_and_back(browser: webdriver.Chrome, site: str) -> None:
    browser.get(site)
    seen = [wait_until(browser, HASH_SHOWN)]
    for _ in range(12):
        press(browser, Keys.SPACE)
        seen.append(wait_until(browser, ANOTHER, seen[-1]))
    assert len(set(seen)) == 13
    press(browser, Keys.ARROW_LEFT)
    assert wait_until(browser, ANOTHER, seen[-1]) == seen[-2]
    assert browser.get_cookies() == []
    assert browser.execute_script("return localStorage.length") == 0


def test_full_screen_turns_without_leaving_it(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/c/mammal")
    hashes = browser.execute_script(TILES)
    browser.get(f"{site}/i/{hashes[0]}?in=category")
    browser.execute_script("window.stayed = true")
    focus(browser, "[data-stage]")
    press(browser, Keys.ENTER)
    assert wait_until(browser, "return document.fullscreenElement !== null")
    assert not browser.find_element(By.CSS_SELECTOR, "header.bar").is_displayed()
    press(browser, Keys.ARROW_RIGHT)
    assert wait_until(browser, ANOTHER, hashes[0]) == hashes[1]
    swipe(browser, -150)
    assert wait_until(browser, ANOTHER, hashes[1]) == hashes[2]
    assert browser.execute_script("return window.stayed && document.fullscreenElement !== null")
    assert browser.execute_script(ADDRESS) == f"/i/{hashes[2]}?in=category"
    focus(browser, "[data-leave]")
    press(browser, Keys.ENTER)
    assert wait_until(browser, "return document.fullscreenElement === null")
    assert wait_until(browser, "return !document.documentElement.matches('.staged')")
    assert browser.execute_script("return document.activeElement.matches('[data-stage]')")
    press(browser, Keys.ARROW_RIGHT)  # and it is a page as any other again
    assert wait_until(browser, "return !window.stayed")


def test_a_slideshow_at_the_visitors_pace(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/c/mammal")
    hashes = browser.execute_script(TILES)
    browser.get(f"{site}/i/{hashes[0]}?in=category")
    browser.execute_script(
        "window.moved = 0; const start = document.startViewTransition?.bind(document);"
        "document.startViewTransition = (act) => { window.moved++; return start(act); }"
    )
    focus(browser, "[data-slides]")
    press(browser, Keys.ENTER)
    chosen = browser.find_element(By.CSS_SELECTOR, ".stage-tools select")
    assert chosen.get_attribute("value") == "5"
    focus(browser, ".stage-tools select")
    press(browser, Keys.HOME)
    assert wait_until(browser, "return document.querySelector('.stage-tools select').value === '3'")
    assert wait_until(browser, ANOTHER, hashes[0]) == hashes[1]
    assert wait_until(browser, ANOTHER, hashes[1]) == hashes[2]
    focus(browser, "[data-play]")
    press(browser, Keys.ENTER)
    assert browser.find_element(By.CSS_SELECTOR, "[data-play]").text == "Play"
    stood = browser.execute_script(HASH_SHOWN)
    browser.execute_async_script("setTimeout(arguments[0], 4000)")
    assert browser.execute_script(HASH_SHOWN) == stood
    assert browser.execute_script("return window.moved") == 0  # reduced motion: no cross-fade
    press(browser, Keys.ESCAPE)
    assert wait_until(browser, "return !document.querySelector('.stage-tools')")
    browser.refresh()
    focus(browser, "[data-stage]")
    press(browser, Keys.ENTER)
    kept = browser.find_element(By.CSS_SELECTOR, ".stage-tools select").get_attribute("value")
    assert kept == "3"


def test_nothing_turns_after_the_show_was_paused_or_left(
    browser: webdriver.Chrome, site: str
) -> None:
    browser.get(f"{site}/c/mammal")
    first = browser.execute_script(TILES)[0]
    browser.get(f"{site}/i/{first}?in=category")
    # an answer comes when the test lets it
    browser.execute_script(
        "window.asked = 0; const fetched = window.fetch;"
        "window.fetch = async (...of) => { window.asked++; await new Promise(go => {"
        " window.go = go; }); return fetched(...of); }"
    )
    for ends, button in (("pause", "[data-play]"), ("leave", "[data-leave]")):
        browser.execute_script("window.asked = 0")
        browser.execute_script("document.querySelector('[data-slides]').click()")
        assert wait_until(browser, "return window.asked > 0")
        browser.execute_script("document.querySelector(arguments[0]).click(); window.go()", button)
        browser.execute_async_script("setTimeout(arguments[0], 1000)")
        assert browser.execute_script(HASH_SHOWN) == first, ends
    assert browser.execute_script("return document.documentElement.matches('.staged')") is False


@contextmanager
def taken_away(store: Filled, hashes: list[str]) -> Iterator[None]:
    """Reject pictures, for a time."""
    with store.engine.begin() as connection:
        begins = or_(*(image.c.sha256.startswith(short) for short in hashes))
        ids = list(connection.execute(select(image.c.id).where(begins)).scalars())
        assert [retire_image(connection, found, REJECTED) for found in ids] == [True] * len(hashes)
    try:
        yield
    finally:
        with store.engine.begin() as connection:
            for found in ids:
                restore_image(connection, found)


def test_a_show_goes_on_where_a_picture_was_taken_away(
    browser: webdriver.Chrome, site: str, store: Filled
) -> None:
    for button, place in (("[data-next]", 1), ("[data-before]", -1)):
        browser.get(f"{site}/c/mammal")
        hashes = browser.execute_script(TILES)
        gone = hashes[place]
        browser.get(f"{site}/i/{hashes[0]}?in=category")
        browser.execute_script("window.stayed = true")
        browser.execute_script("document.querySelector('[data-stage]').click()")
        with taken_away(store, [gone]):
            click = "document.querySelector(arguments[0]).click()"
            browser.execute_script(click, button)
            other = wait_until(browser, ANOTHER, hashes[0])
            assert other in set(hashes) - {gone}  # its category goes on
            assert browser.execute_script(ADDRESS) == f"/i/{other}?in=category"
            browser.execute_script(click, button)
            following = wait_until(browser, ANOTHER, other)
            assert following in set(hashes) - {gone, hashes[0]}
            assert browser.execute_script("return window.stayed")


def test_a_show_goes_on_where_this_picture_was_taken_away_too(
    browser: webdriver.Chrome, site: str, store: Filled
) -> None:
    browser.get(f"{site}/c/mammal")
    hashes = browser.execute_script(TILES)
    browser.get(f"{site}/i/{hashes[0]}?in=category")
    browser.execute_script("window.stayed = true")
    browser.execute_script("document.querySelector('[data-stage]').click()")
    with taken_away(store, hashes[:2]):
        browser.execute_script("document.querySelector('[data-next]').click()")
        assert wait_until(browser, ANOTHER, hashes[0]) not in hashes[:2]
        assert browser.execute_script("return window.stayed")


def test_favourites_that_cannot_be_had_are_not_said_to_be_gone(
    browser: webdriver.Chrome, site: str
) -> None:
    browser.get(f"{site}/gallery")
    kept = browser.execute_script(TILES)[:2]
    browser.execute_script(
        "localStorage.setItem('nonesuch.favourites', JSON.stringify(arguments[0]))", kept
    )
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
        "source": "const f = window.fetch; window.fetch = (of, ...more) => window.up ? "
                  "f(of, ...more) : Promise.resolve(new Response('<p>busy', {status: 503}))"
    })  # fmt: skip
    try:
        browser.get(f"{site}/favourites")
        word = "return document.querySelector('.word')?.textContent"
        assert wait_until(browser, word) == "The pictures cannot be reached."
        assert "not exist any more" not in browser.find_element(By.CSS_SELECTOR, "main").text
        browser.execute_script(  # it comes back as it was left
            "window.up = true;dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
        )
        wait_until(browser, "return document.querySelectorAll('[data-wall] li').length === 2")
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_favourites_are_kept_here_and_shared_as_a_link(
    browser: webdriver.Chrome, site: str
) -> None:
    browser.get(f"{site}/favourites")
    assert "press a heart" in browser.find_element(By.CSS_SELECTOR, ".line").text
    browser.get(f"{site}/gallery")
    hashes = browser.execute_script(TILES)[:2]
    for short_hash in hashes:
        focus(browser, f"#p{short_hash} [data-heart]")
        press(browser, Keys.SPACE)
    browser.get(f"{site}/i/{hashes[0]}")
    heart = browser.find_element(By.CSS_SELECTOR, "[data-heart]")
    assert heart.get_attribute("aria-pressed") == "true"
    browser.get(f"{site}/favourites")
    assert wait_until(browser, f"return ({TILES[7:]}).length") == 2
    assert browser.execute_script(TILES) == hashes[::-1]
    browser.execute_script(
        "Object.defineProperty(navigator, 'share', {value: ({url}) => (window.shared = url, 0)})"
    )
    focus(browser, "[data-share-all]")
    press(browser, Keys.ENTER)
    link = str(wait_until(browser, "return window.shared"))
    assert link == f"{site}/favourites?ids={hashes[1]},{hashes[0]}"

    browser.execute_script("localStorage.clear()")  # the friend
    browser.get(link)
    assert browser.execute_script(TILES) == hashes[::-1]
    focus(browser, "[data-keep-all]")
    press(browser, Keys.ENTER)
    browser.get(f"{site}/favourites")
    assert wait_until(browser, f"return ({TILES[7:]}).length") == 2
    focus(browser, "[data-heart]")
    press(browser, Keys.SPACE)
    browser.get(f"{site}/favourites")
    assert wait_until(browser, f"return ({TILES[7:]}).length") == 1


def test_the_game_by_keys(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/play")
    streak = 0
    for played in range(1, 4):
        wait_until(browser, "return document.activeElement.matches('.choices')")
        press(browser, "2")
        said = wait_until(browser, "return document.querySelector('[data-said]').textContent")
        streak = streak + 1 if str(said).startswith("Right.") else 0
        assert " It is a" in str(said)
        score = browser.find_element(By.CSS_SELECTOR, "[data-score]").text
        assert f"of {played}" in score and f"{streak} in a row" in score
        wait_until(browser, "return document.activeElement.matches('[data-next]')")
        press(browser, Keys.SPACE if played % 2 else Keys.ENTER)
        wait_until(browser, "return !document.querySelector('[data-said]').textContent")
    picture = "const i = document.querySelector('.print img'); return i.complete && i.naturalWidth"
    assert wait_until(browser, picture) == 16


def test_the_game_without_a_script(browser: webdriver.Chrome, site: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{site}/play")
    browser.find_elements(By.NAME, "guess")[0].click()
    heading = (By.TAG_NAME, "h1")
    answered = expected_conditions.any_of(
        expected_conditions.text_to_be_present_in_element(heading, "Right."),
        expected_conditions.text_to_be_present_in_element(heading, "Wrong."),
    )
    WebDriverWait(browser, WAIT_S).until(answered)
    browser.find_element(By.PARTIAL_LINK_TEXT, "Next").click()
    asked = expected_conditions.text_to_be_present_in_element(heading, "What is it")
    WebDriverWait(browser, WAIT_S).until(asked)
    assert len(browser.find_elements(By.NAME, "guess")) == 4


def test_a_picture_rejected_while_somebody_looks(
    browser: webdriver.Chrome, axe: str, site: str, store: Filled
) -> None:
    browser.get(f"{site}/c/fish_2")
    hashes = browser.execute_script(TILES)
    browser.get(f"{site}/i/{hashes[0]}?in=category")
    file = next(file for _, file in store.files if hashes[1] in file)
    store.retire(file, REJECTED)
    press(browser, Keys.SPACE)
    assert wait_until(browser, "return document.querySelector('.absent') !== null")
    assert "does not exist any more" in browser.find_element(By.TAG_NAME, "h1").text
    assert violations(browser, axe) == []
    browser.find_element(By.LINK_TEXT, "/c/fish_2").click()
    assert hashes[1] not in browser.execute_script(TILES)


@pytest.mark.parametrize(
    "path",
    ["/gallery", "/gallery?page=3", "/c/hat", "/favourites", "/play", "/about", "/?walk=7.3",
     "/c/hat/random", "/gallery?page=99"],
)  # fmt: skip
def test_axe_finds_nothing(browser: webdriver.Chrome, axe: str, site: str, path: str) -> None:
    check_everywhere(browser, axe, site + path)


def test_axe_finds_nothing_on_what_scripts_make(
    browser: webdriver.Chrome, axe: str, site: str
) -> None:
    browser.get(f"{site}/gallery")
    hashes = browser.execute_script(TILES)
    check_everywhere(browser, axe, f"{site}/favourites?ids={','.join(hashes[:5])}")
    check_everywhere(browser, axe, f"{site}/i/{hashes[0]}?in=gallery")
    show(browser, 390, "dark")
    browser.find_element(By.CSS_SELECTOR, "[data-stage]").click()
    assert violations(browser, axe) == []
    press(browser, Keys.ESCAPE)
    browser.get(f"{site}/play")
    browser.find_elements(By.NAME, "guess")[0].click()
    assert wait_until(browser, "return document.querySelector('.right') !== null")
    assert violations(browser, axe) == []


@pytest.mark.parametrize("path", ["/", "/gallery", "/play", "/about", "/categories"])
@pytest.mark.parametrize("feature", ["prefers-contrast=more", "forced-colors=active"])
def test_with_more_contrast(
    browser: webdriver.Chrome, axe: str, site: str, path: str, feature: str
) -> None:
    name, _, value = feature.partition("=")
    features = [{"name": name, "value": value}, {"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(site + path)
    assert browser.execute_script(f"return matchMedia('({name}: {value})').matches")
    assert violations(browser, axe) == []
    blends = browser.execute_script(
        "return [...document.querySelectorAll('.print img, .sheet img')]"
        ".map(image => getComputedStyle(image).mixBlendMode)"
    )
    assert set(blends) <= {"normal"}  # on the system's black, a picture would be gone
