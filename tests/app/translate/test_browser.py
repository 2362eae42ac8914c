"""`/translate` in Chromium with a fake camera: picture, result, files, samples, keys, a form."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.app.browsing import axe_core, chromium, serving, show, violations, wait_until
from tests.app.translate.photographs import encoded, photograph
from tests.conftest import Filled
from tests.tiny_translator import build_tiny_translator

pytestmark = pytest.mark.browser
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
MADE = (
    "const i = document.querySelector('[data-made]');"
    "return !i.hidden && i.complete && i.naturalWidth"
)
TAKEN = MADE.replace("data-made", "data-taken")
PLAYS = "const v = document.querySelector('[data-video]'); return v.srcObject && v.videoWidth > 0"
STATUS = "return document.querySelector('[data-status]').textContent"
PIXELS = (
    "const i = document.querySelector('[data-made]'), c = document.createElement('canvas');"
    "c.width = c.height = 32; const x = c.getContext('2d'); x.drawImage(i, 0, 0);"
    "return [...x.getImageData(0, 0, 32, 32).data].join()"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    driver = chromium(tmp_path_factory.mktemp("profile"), *FAKE_CAMERA)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_translator(folder)
    return folder


@pytest.fixture(scope="module")
def site(shown_store: Filled, models: Path) -> Iterator[str]:
    settings = replace(shown_store.settings, models_folder=models)
    yield from serving(settings, NONESUCH_MODELS_FOLDER=str(models))


@pytest.fixture
def page(browser: webdriver.Chrome, site: str) -> webdriver.Chrome:
    browser.get_log("browser")
    show(browser, 1440, "light")
    browser.get(f"{site}/translate")
    return browser


def button(browser: webdriver.Chrome, name: str) -> webdriver.remote.webelement.WebElement:
    return browser.find_element(By.CSS_SELECTOR, f"[data-{name}]")


def complaints(browser: webdriver.Chrome) -> list[str]:
    return [str(entry["message"]) for entry in browser.get_log("browser")]


def test_camera_picture_result(page: webdriver.Chrome) -> None:
    assert not button(page, "go").is_enabled()
    button(page, "take").click()
    wait_until(page, PLAYS)
    assert wait_until(
        page,
        "return document.querySelector('[data-take]').innerText === arguments[0]",
        "Take the picture",
    )
    button(page, "take").click()
    taken = wait_until(page, TAKEN)
    assert isinstance(taken, int) and taken > 100
    button(page, "go").click()
    assert wait_until(page, MADE) == 32
    said = wait_until(page, STATUS)
    assert str(said).startswith("Redrawn in ")
    first = page.execute_script(PIXELS)
    # the fake camera's picture moves: another one gives another result
    button(page, "take").click()
    wait_until(page, f"{MADE} === 0 || document.querySelector('[data-made]').hidden")
    page.find_elements(By.NAME, "direction")[1].click()
    button(page, "go").click()
    wait_until(page, MADE)
    assert page.execute_script(PIXELS) != first
    assert complaints(page) == []


def test_a_file_and_why_one_is_not_taken(page: webdriver.Chrome, tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(encoded(photograph()))
    (tmp_path / "bad.png").write_bytes(b"<!doctype html><title>a page</title>")
    (tmp_path / "large.png").write_bytes(bytes(11 * 10**6))
    file = page.find_element(By.NAME, "picture")
    file.send_keys(str(tmp_path / "good.png"))
    wait_until(page, TAKEN)
    button(page, "go").click()
    wait_until(page, MADE)
    file.send_keys(str(tmp_path / "bad.png"))
    button(page, "go").click()
    wait_until(page, f"{STATUS}.startsWith('This picture is not taken: it is no PNG')")
    file.send_keys(str(tmp_path / "large.png"))
    wait_until(page, f"{STATUS}.startsWith('This picture has 11 MB')")


def test_another_picture_ends_the_translation_of_the_one_before(
    page: webdriver.Chrome, tmp_path: Path
) -> None:
    (tmp_path / "first.png").write_bytes(encoded(photograph()))
    (tmp_path / "second.png").write_bytes(encoded(photograph()))
    page.execute_script(  # an answer comes when the test lets it
        "const f = window.fetch; window.posts = 0;"
        "window.fetch = (of, how) => how?.method !== 'POST'"
        " ? f(of, how) : new Promise((done, fail) => { window.posts++;"
        " how.signal.addEventListener('abort', () => fail(how.signal.reason));"
        " window.go = () => done(f(of, how)); })"
    )
    file = page.find_element(By.NAME, "picture")
    file.send_keys(str(tmp_path / "first.png"))
    wait_until(page, TAKEN)
    button(page, "go").click()
    wait_until(page, "return window.posts === 1")
    file.send_keys(str(tmp_path / "second.png"))
    wait_until(page, f"return !({STATUS.removeprefix('return ')})")
    page.execute_async_script("window.go(); setTimeout(arguments[0], 1500)")
    assert button(page, "made").get_attribute("hidden")
    assert page.find_elements(By.CSS_SELECTOR, "form.working") == []
    button(page, "go").click()
    wait_until(page, "return window.posts === 2")
    page.execute_script("window.go()")
    wait_until(page, MADE)


def test_two_clicks_start_one_camera(page: webdriver.Chrome) -> None:
    page.execute_script(
        "const devices = navigator.mediaDevices, get = devices.getUserMedia.bind(devices);"
        "window.asked = 0; devices.getUserMedia = async (...of) => { window.asked++;"
        " await new Promise(go => setTimeout(go, 300)); return get(...of); };"
        "const take = document.querySelector('[data-take]'); take.click(); take.click()"
    )
    wait_until(page, PLAYS)
    assert page.execute_script("return window.asked") == 1


def test_a_dropped_picture_is_taken(page: webdriver.Chrome) -> None:
    drop = """
    const canvas = document.createElement('canvas'); canvas.width = canvas.height = 50;
    canvas.getContext('2d').fillRect(5, 5, 20, 30);
    const done = arguments[0];
    canvas.toBlob((blob) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([blob], 'a.png', {type: 'image/png'}));
      const where = document.querySelector('[data-drop]');
      for (const name of ['dragover', 'drop'])
        where.dispatchEvent(
          new DragEvent(name, {dataTransfer, bubbles: true, cancelable: true}));
      done();
    });"""
    page.execute_async_script(drop)
    assert wait_until(page, TAKEN) == 50
    button(page, "go").click()
    wait_until(page, MADE)


def test_a_sample_brings_its_direction(page: webdriver.Chrome) -> None:
    samples = page.find_elements(By.NAME, "sample")
    assert len(samples) == 6
    wait_until(
        page, "return [...document.querySelectorAll('.samples img')].every(i => i.naturalWidth)"
    )
    samples[4].click()
    wait_until(page, MADE)
    chosen = page.find_element(By.CSS_SELECTOR, "[name=direction]:checked")
    assert chosen.get_attribute("value") == "b_to_a"
    assert complaints(page) == []


def test_all_of_it_by_keyboard(page: webdriver.Chrome) -> None:
    reached = []
    for _ in range(40):
        ActionChains(page).send_keys(Keys.TAB).perform()
        active = page.switch_to.active_element
        reached.append(
            active.get_attribute("name")
            or ("take" if active.get_attribute("data-take") is not None else "")
        )
        if reached.count("sample") == 6:
            break
    assert {"direction", "picture", "take", "sample"} <= set(reached)
    ActionChains(page).send_keys(Keys.ENTER).perform()
    wait_until(page, MADE)


def test_it_is_for_everybody(browser: webdriver.Chrome, site: str) -> None:
    axe = axe_core()
    for width in (390, 1440):
        for scheme in ("light", "dark"):
            show(browser, width, scheme)
            browser.get(f"{site}/translate")
            browser.find_elements(By.NAME, "sample")[0].click()
            wait_until(browser, MADE)
            assert violations(browser, axe) == [], (width, scheme)
            wide = "return document.documentElement.scrollWidth"
            assert browser.execute_script(wide) <= width


def test_without_scripts_a_form_does_it(
    browser: webdriver.Chrome, site: str, tmp_path: Path
) -> None:
    (tmp_path / "good.png").write_bytes(encoded(photograph()))
    (tmp_path / "bad.png").write_bytes(b"GIF89a")
    patient = WebDriverWait(browser, 20, ignored_exceptions=[StaleElementReferenceException])
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{site}/translate")
        assert not button(browser, "take").is_displayed()
        for name, heading in (("good.png", "Redrawn"), ("bad.png", "This picture does not exist")):
            browser.find_element(By.NAME, "picture").send_keys(str(tmp_path / name))
            button(browser, "go").click()
            # the page before may still be there
            patient.until(lambda b, h=heading: b.find_element(By.TAG_NAME, "h1").text.startswith(h))
            if name == "good.png":  # that page had the same heading
                patient.until(lambda b: button(b, "made").get_attribute("src"))
                made = button(browser, "made")
                assert made.get_attribute("src").startswith("data:image/webp")
                assert int(made.get_attribute("naturalWidth")) == 32
                browser.find_elements(By.NAME, "sample")[3].click()
                other = (By.CSS_SELECTOR, "[name=direction][value=b_to_a]")
                patient.until(lambda b, way=other: b.find_element(*way).is_selected())
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_refused_camera_is_told(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/translate")
    browser.execute_script(
        "navigator.mediaDevices.getUserMedia = () => "
        "Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    button(browser, "take").click()
    wait_until(browser, f"{STATUS}.startsWith('The camera was not allowed')")
