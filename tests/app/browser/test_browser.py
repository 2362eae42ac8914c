"""`/live` in Chromium: pictures that the visitor's own browser invents, and what may go wrong."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from app.browser.runtime import read_runtime, runtime_folder
from tests.app import browsing
from tests.app.browsing import check_everywhere, chromium, show, violations, wait_until
from tests.conftest import Filled
from tests.tiny_model import SLUGS

pytestmark = pytest.mark.browser
_scripts: dict[str, str] = {}  # of each browser: the one that says what the connection is
LOAD_S = 120  # on a busy machine
STATE = "return document.querySelector('[data-live]')?.dataset.state"
SHOWN = "return document.querySelector('[data-live]').dataset.shown"
PIXELS = """const shown = document.querySelector('canvas[data-picture]');
const copy = document.createElement('canvas');
[copy.width, copy.height] = [shown.width, shown.height];
const context = copy.getContext('2d');
context.drawImage(shown, 0, 0);
return [...context.getImageData(0, 0, copy.width, copy.height).data].join();"""
# of a picture of the server's at an address and the one that is shown, on white, 0-255
DIFFERENCE = """const [address, done] = arguments;
const picture = Object.assign(new Image(), { src: address });
picture.decode().then(() => {
  const levels = (source) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [source.width, source.height];
    const context = canvas.getContext('2d');
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(source, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height).data;
  };
  const [a, b] = [levels(picture), levels(document.querySelector('canvas[data-picture]'))];
  const largest = (most, each, i) => Math.max(most, Math.abs(each - b[i]));
  done(a.length === b.length ? a.reduce(largest, 0) : -1);
}, () => done(-2));"""
SLIDE = """const [slider, value] = arguments;
slider.value = value;
for (const type of ['input', 'change']) slider.dispatchEvent(new Event(type));"""
READ = """const done = arguments[0];
navigator.clipboard.readText().then(done, (error) => done(String(error)));"""
WATCH = """window.longest = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) longest = Math.max(longest, each.duration);
}).observe({ type: 'longtask' });"""
KEPT = """const done = arguments[0];
caches.open('nonesuch.generator').then(async (cache) => {
  const sizes = {};
  for (const request of await cache.keys()) {
    const kept = await (await cache.match(request)).arrayBuffer();
    sizes[request.url.split('/').at(-1)] = kept.byteLength;
  }
  done(sizes);
});"""


@pytest.fixture(scope="module")
def site(shown_store: Filled, models: Path, fetched_home: Path) -> Iterator[str]:
    with serving(shown_store, models, fetched_home) as address:
        yield address


@contextlib.contextmanager
def serving(store: Filled, models: Path, home: Path) -> Iterator[str]:
    yield from browsing.serving(
        store.settings, None, NONESUCH_MODELS_FOLDER=str(models), NONESUCH_HOME=str(home)
    )


@pytest.fixture(autouse=True)
def as_new(browser: webdriver.Chrome, request: pytest.FixtureRequest) -> None:
    """A connection that costs, so that nothing begins without a tap, and nothing kept."""
    metered(browser, True)
    show(browser, 1440, "light")
    if "site" in request.fixturenames:
        browser.get(f"{request.getfixturevalue('site')}/robots.txt")
        browser.execute_async_script(
            "const done = arguments[0]; caches.delete('nonesuch.generator').then(done);"
        )
    browser.get_log("browser")


def metered(browser: webdriver.Chrome, is_so: bool) -> None:
    """Have pages see a connection that costs, or one that does not: a desktop has no such thing."""
    before = _scripts.pop(str(browser.session_id), None)
    if before:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": before})
    connection = {"saveData": is_so, "effectiveType": "4g", "type": "wifi"}
    source = (
        f"Object.defineProperty(navigator, 'connection', {{ value: {json.dumps(connection)} }})"
    )
    answer = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    _scripts[str(browser.session_id)] = answer["identifier"]


def tap(browser: webdriver.Chrome, address: str, expected: str = "ready") -> None:
    """Open the page, begin, and wait for what comes of it."""
    browser.get("about:blank")  # or another fragment of the page shown loads nothing
    browser.get(address)
    assert wait_until(browser, STATE) == "offered"
    browser.find_element(By.CSS_SELECTOR, "[data-start]").click()
    wait_until(browser, f"{STATE} === arguments[0]", expected, wait_s=LOAD_S)


def shown_of(browser: webdriver.Chrome) -> str:
    """Return the parameters of the picture that is shown; the address has them a moment later."""
    return str(browser.execute_script(SHOWN))


def changed(browser: webdriver.Chrome, before: str) -> str:
    """Wait until another picture has its address; return that."""
    wait_until(browser, f"{SHOWN} !== arguments[0]", before)
    return shown_of(browser)


def difference(browser: webdriver.Chrome, site: str) -> int:
    """Return by how much the picture shown differs from the server's of the same address."""
    address = f"{site}/live/tiny.png?{shown_of(browser)}"
    return int(browser.execute_async_script(DIFFERENCE, address))


def severe(browser: webdriver.Chrome) -> list[Any]:
    return [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"]


def test_a_tap_and_then_one_after_the_other(browser: webdriver.Chrome, site: str) -> None:
    tap(browser, f"{site}/live")
    assert not browser.find_element(By.CSS_SELECTOR, "[data-ten]").is_displayed()
    seen = {}
    for _ in range(5):
        address = shown_of(browser)
        seen[address] = browser.execute_script(PIXELS)
        assert difference(browser, site) <= 2
        name = browser.find_element(By.CSS_SELECTOR, "[data-name]").text
        assert f"category={name}" in address and name in SLUGS
        ActionChains(browser).send_keys(Keys.SPACE).perform()
        changed(browser, address)
    assert len(set(seen.values())) == 5
    browser.find_element(By.CSS_SELECTOR, "[data-back]").click()
    wait_until(browser, f"{SHOWN} === arguments[0]", list(seen)[-1])
    assert browser.execute_script(PIXELS) == list(seen.values())[-1]
    assert severe(browser) == []


def test_an_address_is_a_picture(browser: webdriver.Chrome, site: str) -> None:
    address = "seed=42&category=hat&truncation=0.5"
    tap(browser, f"{site}/live#{address}")
    assert shown_of(browser) == address
    browser.find_element(By.CSS_SELECTOR, "[data-another]").click()
    another = changed(browser, address)
    wait_until(browser, "return location.hash.slice(1) === arguments[0]", another)
    assert difference(browser, site) <= 2
    browser.execute_script("location.hash = 'seed=7'")  # as somebody who types it
    wait_until(browser, f"{SHOWN}.startsWith('seed=7&category=')")
    after = shown_of(browser)
    assert difference(browser, site) <= 2
    link = browser.find_element(By.CSS_SELECTOR, "[data-file]").get_attribute("href")
    assert link == f"{site}/live/tiny.png?{after}"


def test_it_begins_by_itself_where_the_connection_costs_nothing(
    browser: webdriver.Chrome, site: str
) -> None:
    metered(browser, False)
    browser.get(f"{site}/live")
    wait_until(browser, f"{STATE} === 'ready'", wait_s=LOAD_S)


def test_what_was_loaded_is_kept(
    browser: webdriver.Chrome, site: str, models: Path, fetched_home: Path
) -> None:
    tap(browser, f"{site}/live")
    kept = browser.execute_async_script(KEPT)
    runtime = read_runtime(fetched_home)
    assert runtime is not None
    weights = (models / "tiny" / "1" / "model.tflite").stat().st_size
    assert sorted(kept.values()) == sorted([weights, runtime.program.bytes])
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    tap(browser, f"{site}/live")
    names = "return performance.getEntriesByType('resource').map((each) => each.name)"
    assert not [name for name in browser.execute_script(names) if name.endswith((".gz", ".tflite"))]


def test_tamer_and_weirder(browser: webdriver.Chrome, site: str) -> None:
    tap(browser, f"{site}/live#seed=42&category=hat")
    slider = browser.find_element(By.CSS_SELECTOR, "[data-weird]")
    pictures = set()
    for truncation in ("0.02", "0.5", "1"):
        browser.execute_script(SLIDE, slider, truncation)
        address = f"seed=42&category=hat&truncation={truncation}"
        wait_until(browser, f"{SHOWN} === arguments[0]", address)
        assert difference(browser, site) <= 2
        pictures.add(browser.execute_script(PIXELS))
    assert len(pictures) == 3
    browser.find_element(By.CSS_SELECTOR, "[data-another]").click()
    assert changed(browser, address).endswith("truncation=1")


def test_relatives(browser: webdriver.Chrome, site: str) -> None:
    tap(browser, f"{site}/live#seed=42&category=hat&truncation=0.5")
    tiles = "return document.querySelectorAll('[data-family] button')"
    browser.find_element(By.CSS_SELECTOR, "[data-relate]").click()
    found = wait_until(
        browser, f"{tiles}.length === 6 && document.querySelectorAll('[data-family] button')"
    )
    found[3].click()  # type: ignore[index]
    address = changed(browser, "seed=42&category=hat&truncation=0.5")
    assert address.startswith("seed=42&category=hat&truncation=0.5&towards=")
    assert address.endswith("&share=0.35") and difference(browser, site) <= 2
    browser.find_element(By.CSS_SELECTOR, "[data-relate]").click()
    assert not browser.execute_script(f"{tiles}.length")


def test_a_walk_under_the_finger(browser: webdriver.Chrome, site: str) -> None:
    tap(browser, f"{site}/live#seed=42&category=hat&truncation=0.5")
    browser.find_element(By.CSS_SELECTOR, "[data-walk]").click()
    begun = changed(browser, "seed=42&category=hat&truncation=0.5")
    assert begun.endswith("&share=0") and difference(browser, site) <= 2
    sheet = browser.find_element(By.CSS_SELECTOR, "canvas[data-picture]")
    ActionChains(browser).click_and_hold(sheet).move_by_offset(
        sheet.size["width"] // 4, 0
    ).release().perform()
    there = changed(browser, begun)
    assert there.startswith(begun.removesuffix("0")) and difference(browser, site) <= 2
    slider = browser.find_element(By.CSS_SELECTOR, "[data-stroll]")
    slider.send_keys(Keys.END)
    wait_until(browser, f"{SHOWN}.endsWith('share=1')")
    end = browser.execute_script(PIXELS)
    towards = shown_of(browser).partition("towards=")[2].partition("&")[0]
    wait_until(browser, "return !document.querySelector('[data-on]').hidden")
    browser.find_element(By.CSS_SELECTOR, "[data-on]").click()
    wait_until(browser, f"{SHOWN}.startsWith(arguments[0])", f"seed={towards}&")
    assert browser.execute_script(PIXELS) == end  # it goes on where it came to


def test_a_name_and_what_it_looks_like(browser: webdriver.Chrome, site: str) -> None:
    tap(browser, f"{site}/live")
    seeds: list[str] = []
    for name in ("Ada", " Zoë ", "Zoe\u0308", "Ada"):
        before = shown_of(browser)
        field = browser.find_element(By.CSS_SELECTOR, "[data-person]")
        field.clear()
        field.send_keys(name + Keys.ENTER)
        wait_until(
            browser,
            "return document.querySelector('[data-line]').textContent.includes(arguments[0])",
            f"that is {name.strip()}.",
        )
        assert shown_of(browser) != before or seeds
        assert difference(browser, site) <= 2
        seeds.append(shown_of(browser))
    assert seeds[0] == seeds[3] != seeds[1] == seeds[2]


def test_saving_and_sharing(browser: webdriver.Chrome, site: str, tmp_path: Path) -> None:
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    browser.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    tap(browser, f"{site}/live#seed=42&category=hat")
    browser.find_element(By.CSS_SELECTOR, "[data-save]").click()
    for _ in range(100):
        if list(tmp_path.glob("hat-42.png")):
            break
        browser.execute_async_script("setTimeout(arguments[0], 100)")
    from PIL import Image

    with Image.open(tmp_path / "hat-42.png") as saved:
        assert saved.size == (16, 16)
    browser.find_element(By.CSS_SELECTOR, "[data-share-here]").click()
    assert str(browser.execute_async_script(READ)).endswith("/live#seed=42&category=hat")


def test_the_page_never_waits(browser: webdriver.Chrome, site: str) -> None:
    tap(browser, f"{site}/live")
    browser.execute_script(WATCH)
    for _ in range(8):
        before = shown_of(browser)
        browser.find_element(By.CSS_SELECTOR, "[data-another]").click()
        changed(browser, before)
    assert browser.execute_script("return longest") <= 50


def test_the_room_is_for_everybody(browser: webdriver.Chrome, axe: str, site: str) -> None:
    check_everywhere(browser, axe, f"{site}/live")  # before the tap
    metered(browser, False)
    for width in (390, 1440):
        for scheme in ("light", "dark"):
            show(browser, width, scheme)
            browser.get("about:blank")  # or another fragment of the page shown loads nothing
            browser.get(f"{site}/live#seed=42")
            wait_until(browser, f"{STATE} === 'ready'", wait_s=LOAD_S)
            browser.find_element(By.CSS_SELECTOR, "[data-walk]").click()
            wait_until(browser, "return !document.querySelector('[data-walking]').hidden")
            assert violations(browser, axe) == [], (width, scheme)
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width, (width, scheme)


@pytest.mark.parametrize("change", ["cut", "another"])
def test_a_model_that_does_not_come_whole(
    browser: webdriver.Chrome,
    shown_store: Filled,
    models: Path,
    fetched_home: Path,
    tmp_path: Path,
    change: str,
) -> None:
    shutil.copytree(models / "tiny", tmp_path / "tiny")
    weights = tmp_path / "tiny" / "1" / "model.tflite"
    whole = weights.read_bytes()
    with serving(shown_store, tmp_path, fetched_home) as site:
        browser.get(f"{site}/live/files/tiny/description.json")  # the site has read its digest
        weights.write_bytes(whole[:-100] if change == "cut" else whole[:-1] + b"x")
        tap(browser, f"{site}/live?stored", "damaged")  # the server has none either
        said = browser.find_element(By.CSS_SELECTOR, "[data-failed]").text
        assert said.startswith("The generator arrived in pieces")
        assert browser.find_element(By.CSS_SELECTOR, "[data-ten]").is_displayed()
        kept = browser.execute_async_script(KEPT)
        assert not [name for name in kept if name.endswith(".tflite")]
        weights.write_bytes(whole)
        browser.find_element(By.CSS_SELECTOR, "[data-start]").click()
        wait_until(browser, f"{STATE} === 'ready'", wait_s=LOAD_S)


def test_a_kept_file_that_was_changed_is_fetched_anew(browser: webdriver.Chrome, site: str) -> None:
    tap(browser, f"{site}/live")
    browser.execute_async_script(
        """const done = arguments[0];
        caches.open('nonesuch.generator').then(async (cache) => {
          for (const each of await cache.keys()) await cache.put(each, new Response('else'));
          done();
        });"""
    )
    tap(browser, f"{site}/live")
    assert min(browser.execute_async_script(KEPT).values()) > 1000


def test_a_runtime_of_another_version(
    browser: webdriver.Chrome, shown_store: Filled, models: Path, own_home: Path
) -> None:
    runtime = read_runtime(own_home)
    assert runtime is not None
    other = b"export const loadLiteRt = 1;".ljust(runtime.core.bytes)
    (runtime_folder(own_home) / runtime.core.name).write_bytes(other)
    with serving(shown_store, models, own_home) as site:
        tap(browser, f"{site}/live", "runtime")
        assert "another engine" in browser.find_element(By.CSS_SELECTOR, "[data-failed]").text
        assert browser.find_element(By.CSS_SELECTOR, "[data-ten]").is_displayed()


def test_no_connection(
    browser: webdriver.Chrome, shown_store: Filled, models: Path, fetched_home: Path
) -> None:
    with serving(shown_store, models, fetched_home) as site:
        browser.get(f"{site}/live")
        wait_until(browser, f"{STATE} === 'offered'")
    browser.find_element(By.CSS_SELECTOR, "[data-start]").click()  # the server has ended
    wait_until(browser, f"{STATE} === 'offline'")
    assert browser.find_element(By.CSS_SELECTOR, "[data-start]").is_displayed()
    assert "No connection" in browser.find_element(By.CSS_SELECTOR, "[data-failed]").text


def test_a_page_that_is_left_while_it_loads(
    browser: webdriver.Chrome, site: str, models: Path, fetched_home: Path
) -> None:
    runtime = read_runtime(fetched_home)
    assert runtime is not None
    whole = {(models / "tiny" / "1" / "model.tflite").stat().st_size, runtime.program.bytes}
    for wait_ms in (0, 30, 100, 250):
        browser.get(f"{site}/live")
        wait_until(browser, f"{STATE} === 'offered'")
        browser.find_element(By.CSS_SELECTOR, "[data-start]").click()
        browser.execute_async_script(f"setTimeout(arguments[0], {wait_ms})")
        browser.get(f"{site}/robots.txt")
        assert set(browser.execute_async_script(KEPT).values()) <= whole
    tap(browser, f"{site}/live")


@pytest.mark.parametrize(
    ("flags", "state", "said"),
    [
        ("--jitless", "unable", ""),
        ("--wasm-max-mem-pages=64", "memory", "not enough memory"),  # 4 MB
    ],
)
def test_browsers_that_cannot(site: str, tmp_path: Path, flags: str, state: str, said: str) -> None:
    poor = chromium(tmp_path / "profile", f"--js-flags={flags}")
    try:
        poor.get(f"{site}/live")
        wait_until(poor, f"{STATE} === arguments[0]", state, wait_s=LOAD_S)
        assert not poor.find_element(By.CSS_SELECTOR, "[data-start]").is_displayed()
        if said:
            assert said in poor.find_element(By.CSS_SELECTOR, "[data-failed]").text
        assert poor.find_element(By.CSS_SELECTOR, ".live img").is_displayed()
    finally:
        poor.quit()


def test_without_a_script_the_server_makes_them(browser: webdriver.Chrome, site: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{site}/live")
        assert not browser.find_element(By.CSS_SELECTOR, "[data-offer]").is_displayed()
        assert len(browser.find_elements(By.CSS_SELECTOR, ".live img")) == 10
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_what_a_connection_costs() -> None:
    from tests.app.browser.node import run

    cases = [
        ({"connection": None}, False, True),
        ({"connection": {"saveData": True, "effectiveType": "4g", "type": "wifi"}}, False, True),
        ({"connection": {"saveData": False, "effectiveType": "3g", "type": "wifi"}}, False, True),
        ({"connection": {"effectiveType": "4g", "type": "cellular"}}, False, True),
        ({"connection": {"saveData": False, "effectiveType": "4g", "type": "wifi"}}, True, False),
        ({"connection": {"saveData": False, "effectiveType": "4g"}}, True, True),
        ({"connection": {"saveData": False, "effectiveType": "4g"}}, False, False),
    ]  # fmt: skip
    script = """const { isMetered } = await import("./live/metered.js");
    return given.map(([navigator, isHeldInHand]) => isMetered(navigator, isHeldInHand));"""
    assert run(script, cases) == [expected for _, _, expected in cases]
