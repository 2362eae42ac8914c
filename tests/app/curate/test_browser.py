"""The owner's pages in a real browser: by keys alone, at 390 px, without script, and axe-core."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from app.curate.token import OwnerToken
from app.reporting.reports import PictureReports
from core.settings import Settings
from store.files.protocol import digest
from store.index.database import open_engine
from store.index.migrating import upgrade
from store.index.states import LIVE, REJECTED
from store.index.tables import category, image
from store.index.writes import NewImage, add_images, ensure_category
from tests.conftest import Filled, fill, settings_in

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.app.browsing import WAIT_S, serving, show, violations

pytestmark = pytest.mark.browser
FIRST_TILE = "return document.activeElement.matches('.tile input')"  # has the focus


@pytest.fixture
def store(tmp_path: Path) -> Filled:
    settings: Settings = settings_in(tmp_path)
    engine = open_engine(settings, write=True)
    upgrade(engine)
    return fill(settings, engine)


@pytest.fixture
def owner(store: Filled, browser: webdriver.Chrome) -> Iterator[str]:
    """The address of a site that this browser has entered, by keyboard."""
    token = OwnerToken(store.settings).make()
    for address in serving(store.settings):
        show(browser, 1280, "light")
        browser.get(f"{address}/curate")
        wait(browser, "return document.activeElement.matches('[name=token]')")
        press(browser, token, Keys.ENTER)
        wait(browser, "return document.querySelector('table') !== null")
        yield address
        browser.delete_all_cookies()


def press(browser: webdriver.Chrome, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def wait(browser: webdriver.Chrome, script: str, *values: object) -> None:
    WebDriverWait(browser, WAIT_S).until(lambda b: b.execute_script(script, *values))


def states(store: Filled, slug: str) -> list[str]:
    with store.engine.connect() as connection:
        statement = select(image.c.state).join(category).where(category.c.slug == slug)
        return list(connection.execute(statement.order_by(image.c.id)).scalars())


def wait_for_status(browser: webdriver.Chrome, text: str) -> None:
    wait(
        browser, "return document.querySelector('[data-status]').textContent === arguments[0]", text
    )


def wait_for_states(store: Filled, slug: str, expected: list[str]) -> None:
    WebDriverWait(store, WAIT_S).until(lambda s: states(s, slug) == expected)


def focused(browser: webdriver.Chrome) -> int:
    """Return which picture has the focus, from 0."""
    return int(browser.execute_script(
        "return [...document.querySelectorAll('.tile input')].indexOf(document.activeElement)"
    ))  # fmt: skip


def test_reject_undo_select_and_go_on_by_keyboard(
    browser: webdriver.Chrome, store: Filled, owner: str
) -> None:
    browser.get(f"{owner}/curate/c/mammal")
    wait(browser, FIRST_TILE)
    press(browser, "x")  # the first has the focus
    wait_for_states(store, "mammal", [REJECTED, *[LIVE] * 6])
    assert focused(browser) == 1
    press(browser, Keys.ARROW_RIGHT, "x")
    wait_for_states(store, "mammal", [REJECTED, LIVE, REJECTED, *[LIVE] * 4])
    press(browser, "u")
    wait_for_states(store, "mammal", [REJECTED, *[LIVE] * 6])
    press(browser, "u")
    wait_for_states(store, "mammal", [LIVE] * 7)
    press(browser, "u")
    wait_for_status(browser, "There is nothing to undo.")
    assert browser.find_elements(By.CSS_SELECTOR, ".tile.gone") == []

    press(browser, Keys.HOME)
    chain = ActionChains(browser).key_down(Keys.SHIFT)
    chain.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    chain.key_up(Keys.SHIFT).perform()
    assert browser.find_element(By.CSS_SELECTOR, "[data-count]").text == "3"
    press(browser, "x")
    wait_for_states(store, "mammal", [*[REJECTED] * 3, *[LIVE] * 4])
    assert focused(browser) == 3
    press(browser, "a", Keys.DELETE)
    wait_for_states(store, "mammal", [REJECTED] * 7)
    wait(browser, "return document.activeElement.rel === 'next'")  # nothing is left here
    press(browser, "u")  # from there as well
    wait_for_states(store, "mammal", [*[REJECTED] * 3, *[LIVE] * 4])
    wait(browser, "return document.querySelectorAll('.tile.gone').length === 3")
    assert focused(browser) == 3
    press(browser, Keys.END, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert focused(browser) == 6
    press(browser, Keys.ARROW_RIGHT, Keys.ENTER)
    wait(browser, "return location.pathname === '/curate'")  # mammal is the last of them
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_keys_in_quick_succession_are_done_in_order(
    browser: webdriver.Chrome, store: Filled, owner: str
) -> None:
    browser.get(f"{owner}/curate/c/mammal")
    wait(browser, FIRST_TILE)
    press(browser, "x", "x", "x", "u", "u")
    wait_for_states(store, "mammal", [REJECTED, *[LIVE] * 6])
    wait(browser, "return document.querySelectorAll('.tile.gone').length === 1")
    gone = browser.find_elements(By.CSS_SELECTOR, ".tile.gone input")
    assert [each.get_attribute("aria-description") for each in gone] == ["rejected"]


def test_a_click_with_shift_chooses_a_range(
    browser: webdriver.Chrome, store: Filled, owner: str
) -> None:
    browser.get(f"{owner}/curate/c/mammal")
    tiles = browser.find_elements(By.CSS_SELECTOR, ".tile label")
    tiles[1].click()
    ActionChains(browser).key_down(Keys.SHIFT).click(tiles[4]).key_up(Keys.SHIFT).perform()
    button = browser.find_element(By.CSS_SELECTOR, "[data-act]")
    assert button.text.split()[:2] == ["Reject", "4"]
    button.click()
    wait_for_states(store, "mammal", [LIVE, *[REJECTED] * 4, LIVE, LIVE])


def test_a_refusal_is_said_and_the_picture_stays(
    browser: webdriver.Chrome, store: Filled, owner: str
) -> None:
    browser.get(f"{owner}/curate/c/mammal")
    wait(browser, FIRST_TILE)
    OwnerToken(store.settings).make()  # somewhere else: this session ends
    press(browser, "x")
    wait(browser, "return document.querySelector('[data-status]').textContent.startsWith('Not')")
    assert browser.find_elements(By.CSS_SELECTOR, ".tile.gone") == []
    assert states(store, "mammal") == [LIVE] * 7


def test_what_was_rejected_is_sent_before_the_page_is_left(
    browser: webdriver.Chrome, store: Filled, owner: str
) -> None:
    browser.get(f"{owner}/curate/c/mammal")
    wait(browser, FIRST_TILE)
    browser.execute_script(
        "const f = window.fetch; window.fetch = async (...of) => {"
        " await new Promise(go => setTimeout(go, 400)); return f(...of); }"
    )
    press(browser, "x", "x", "x", "n")
    wait(browser, "return !location.pathname.endsWith('/mammal')")
    assert states(store, "mammal") == [REJECTED] * 3 + [LIVE] * 4


def test_enter_and_held_keys_do_nothing_to_pictures(
    browser: webdriver.Chrome, store: Filled, owner: str
) -> None:
    browser.get(f"{owner}/curate/c/mammal")
    wait(browser, FIRST_TILE)
    press(browser, Keys.ENTER)
    held = {"type": "keyDown", "key": "x", "text": "x", "autoRepeat": True}
    for _ in range(3):
        browser.execute_cdp_cmd("Input.dispatchKeyEvent", held)
    press(browser, "x")
    wait_for_states(store, "mammal", [REJECTED, *[LIVE] * 6])
    wait_for_status(browser, "Rejected 1.")


def test_without_script_the_forms_do_the_same(
    browser: webdriver.Chrome, store: Filled, owner: str
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{owner}/curate/c/hat")
        wait(browser, FIRST_TILE)
        press(browser, Keys.SPACE, Keys.TAB, Keys.SPACE)
        browser.find_element(By.CSS_SELECTOR, "[data-act]").click()
        wait_for_states(store, "hat", [REJECTED, REJECTED, LIVE, LIVE, LIVE])
        assert "Rejected 2 pictures." in browser.page_source
        browser.find_element(By.CSS_SELECTOR, "[data-undo]").click()
        wait_for_states(store, "hat", [LIVE] * 5)
        browser.find_element(By.CSS_SELECTOR, ".switch button").click()
        wait_for_states(store, "hat", ["off"] * 5)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_several_pictures_are_uploaded_one_after_the_other(
    browser: webdriver.Chrome, store: Filled, owner: str, tmp_path: Path
) -> None:
    for number in range(2):
        Image.new("RGB", (30, 20 + number), "red").save(tmp_path / f"my cat {number}.png")
    (tmp_path / "notes.png").write_text("no picture")
    browser.get(f"{owner}/curate")
    chooser = browser.find_element(By.CSS_SELECTOR, "[data-upload] [name=picture]")
    wait(browser, "return arguments[0].multiple", chooser)
    chooser.send_keys("\n".join(map(str, sorted(tmp_path.glob("*.png")))))
    browser.find_element(By.CSS_SELECTOR, "[data-upload] [name=category]").send_keys("HAT")
    browser.find_element(By.CSS_SELECTOR, "[data-upload] button").click()
    wait_for_status(browser, "2 taken, 1 refused")
    refused = browser.find_element(By.CSS_SELECTOR, "[data-refused]").text
    assert refused.startswith("notes.png: this picture is not taken: not a picture that can be")
    assert states(store, "hat") == [LIVE] * 7


def test_near_duplicates_beside_each_other(
    browser: webdriver.Chrome, store: Filled, owner: str
) -> None:
    with store.engine.begin() as connection:
        ids = connection.execute(select(image.c.id).order_by(image.c.id)).scalars().all()
        for number, each in enumerate(ids):
            far = f"{(number + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}"
            phash = "0" * 16 if number in (2, 4) else far
            connection.execute(image.update().where(image.c.id == each).values(phash=phash))
    browser.get(f"{owner}/curate/duplicates")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".group")) == 1
    chosen = browser.find_elements(By.CSS_SELECTOR, ".tile input:checked")
    assert len(chosen) == 1
    wait(browser, FIRST_TILE)
    press(browser, "x")
    wait_for_states(store, "mammal", [LIVE, LIVE, LIVE, LIVE, REJECTED, LIVE, LIVE])
    browser.refresh()
    assert "No two pictures of a category look alike" in browser.page_source


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.long), "dark"])
def test_axe_finds_nothing_on_the_owners_pages(
    browser: webdriver.Chrome, store: Filled, owner: str, axe: str, scheme: str
) -> None:
    with store.engine.begin() as connection:  # near-duplicates, and a long name
        connection.execute(image.update().values(phash="0" * 16))
        known = ensure_category(connection, "long", "a very long name of a thing " * 5)
        add_images(connection, known, [NewImage("1.webp", "0" * 64, 1, 16, 16, "webp")])
    browser.get(f"{owner}/curate/c/hat")
    wait(browser, FIRST_TILE)
    press(browser, "x")
    wait_for_states(store, "hat", [REJECTED, *[LIVE] * 4])
    number = digest(store.some("mammal")[2])[:12]
    assert PictureReports(store.settings).add(number, "broken")
    paths = ["", "?done=off-3", "/c/hat", "/c/hat?state=rejected", "/c/long", "/duplicates"]
    paths += [f"/../i/{number}/report", f"/find?q={number}", "/find?q=nothing", "/reports"]
    for path, width in itertools.product(paths, (390, 1280)):
        show(browser, width, scheme)
        browser.get(f"{owner}/curate{path}")
        assert violations(browser, axe) == [], (path, width, scheme)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width, (path, width)
    browser.delete_all_cookies()
    browser.get(f"{owner}/curate")  # the door
    show(browser, 390, scheme)
    assert violations(browser, axe) == []
    press(browser, "wrong", Keys.ENTER)
    wait(browser, "return document.querySelector('[role=alert]') !== null")
    assert violations(browser, axe) == []
