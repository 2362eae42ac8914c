"""The site in a real browser: space bar, click, tap, the same page again, and axe-core."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.pages import HUES
from gan.dataset.npm import NpmFailed, fetch_package
from store.database import open_engine
from store.migrating import upgrade
from store.pictures import digest
from store.settings import PROJECT, Settings
from tests.conftest import Filled, fill, settings_in

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_TOUCH
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser
AXE_VERSION = "4.14.1"
# outside of the tree, kept between runs
CACHE = Path("~/.cache/nonesuch/npm").expanduser()
QUIET = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip
WAIT_S = 30


def absent(what: str) -> None:
    """Skip with one line; in CI what is missing is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        absent("needs Chromium and its driver (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = str(chromium)
    for argument in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=str(chromedriver))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def axe() -> str:
    try:
        folder = fetch_package("axe-core", AXE_VERSION, CACHE, ["axe.min.js"])
    except NpmFailed as error:
        absent(f"needs axe-core from npm: {error}")
    return (folder / "axe.min.js").read_text(encoding="utf-8")


def serving(settings: Settings) -> Iterator[str]:
    """Run the production server over a store; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")}
    words = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        [sys.executable, *words, "--blocking-threads", "2", "--no-ws", "--log-level", "error",
         "--workers-kill-timeout", "1", "app.wsgi:app"],
        cwd=PROJECT,
        env={
            **kept,
            "NONESUCH_IMAGES_FOLDER": str(settings.images_folder),
            "NONESUCH_INSTANCE_FOLDER": str(settings.instance_folder),
        },
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/healthz", server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A store that these tests only look at."""
    settings = settings_in(tmp_path_factory.mktemp("shown"))
    engine = open_engine(settings, write=True)
    upgrade(engine)
    return fill(settings, engine)


@pytest.fixture(scope="module")
def site(shown: Filled) -> Iterator[str]:
    yield from serving(shown.settings)


@pytest.fixture
def empty_site(settings: Settings) -> Iterator[str]:
    yield from serving(settings)


def name_of(browser: webdriver.Chrome) -> str:
    script = "return document.querySelector('.line bdi')?.textContent ?? ''"
    return WebDriverWait(browser, WAIT_S).until(lambda b: str(b.execute_script(script)))


def wait_for_another(browser: webdriver.Chrome, name: str) -> None:
    """Wait until another name is shown; one in thousands is drawn twice in a row."""
    WebDriverWait(browser, WAIT_S).until(lambda b: b.execute_script(
        "const b = document.querySelector('.line bdi'); return b && b.textContent !== arguments[0]",
        name,
    ))  # fmt: skip


def press_space(browser: webdriver.Chrome) -> None:
    ActionChains(browser).send_keys(Keys.SPACE).perform()


def click_another(browser: webdriver.Chrome) -> None:
    browser.find_element(By.CSS_SELECTOR, "[data-next]").click()


def click_picture(browser: webdriver.Chrome) -> None:
    browser.find_element(By.CSS_SELECTOR, ".print img").click()


def tap_picture(browser: webdriver.Chrome) -> None:
    finger = ActionBuilder(browser, mouse=PointerInput(POINTER_TOUCH, "finger"))
    picture = browser.find_element(By.CSS_SELECTOR, ".print img")
    finger.pointer_action.move_to(picture).pointer_down().pointer_up()
    finger.perform()


def test_another_by_key_click_and_tap(browser: webdriver.Chrome, site: str) -> None:
    show(browser, 1440, "light")
    browser.get(site)
    for act in (press_space, click_another, click_picture, tap_picture, press_space):
        name = name_of(browser)
        act(browser)
        wait_for_another(browser, name)
        assert browser.current_url == f"{site}/"
    loaded = "const i = document.querySelector('.print img'); return i.complete && i.naturalWidth"
    assert browser.execute_script(loaded) == 16
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_space_in_a_category_stays_there(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/c/hat")
    name = name_of(browser)
    press_space(browser)
    wait_for_another(browser, name)
    assert browser.current_url == f"{site}/c/hat"


def test_a_kept_page_stays_as_it_is(browser: webdriver.Chrome, site: str) -> None:
    browser.get(site)
    browser.find_element(By.LINK_TEXT, "Keep this one").click()
    WebDriverWait(browser, WAIT_S).until(lambda b: "/i/" in b.current_url)
    before = browser.find_element(By.TAG_NAME, "main").text
    picture = browser.find_element(By.CSS_SELECTOR, ".print img").get_attribute("src")
    browser.refresh()
    assert browser.find_element(By.TAG_NAME, "main").text == before
    assert browser.find_element(By.CSS_SELECTOR, ".print img").get_attribute("src") == picture
    press_space(browser)
    WebDriverWait(browser, WAIT_S).until(lambda b: b.current_url == f"{site}/")


def show(browser: webdriver.Chrome, width: int, scheme: str) -> None:
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def violations(browser: webdriver.Chrome, axe: str, *rules: str) -> list[object]:
    """Return what axe-core finds on the page shown, by all its rules or these."""
    browser.execute_script(axe)
    found: list[object] = browser.execute_async_script(
        "const [rules, done] = arguments;"
        "axe.run(rules.length ? {runOnly: rules} : {}).then(result => done(result.violations.map("
        "v => [v.id, v.help, v.nodes.map(n => [n.html, n.failureSummary])])))",
        rules,
    )
    return found


def check_everywhere(browser: webdriver.Chrome, axe: str, address: str) -> None:
    """Run axe-core at both widths in both schemes; nothing may be wider than the window."""
    for width in (390, 1440):
        for scheme in ("light", "dark"):
            show(browser, width, scheme)
            browser.get(address)
            assert violations(browser, axe) == [], (address, width, scheme)
            wide = "return document.documentElement.scrollWidth"
            assert browser.execute_script(wide) <= width


@pytest.mark.parametrize("path", ["/", "/c/hat", "/categories", "/i/999999999", "/c/hats"])
def test_axe_finds_nothing(browser: webdriver.Chrome, axe: str, site: str, path: str) -> None:
    check_everywhere(browser, axe, site + path)


def test_axe_finds_nothing_on_a_kept_page(
    browser: webdriver.Chrome, axe: str, site: str, shown: Filled
) -> None:
    _, _, data = shown.some()
    check_everywhere(browser, axe, f"{site}/i/{digest(data)[:12]}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["--wall", "--wall-high"])
def test_every_hue_has_contrast(
    browser: webdriver.Chrome, axe: str, site: str, scheme: str, ground: str
) -> None:
    """Against both ends of the wall's gradient: axe-core leaves a gradient itself undecided."""
    show(browser, 390, scheme)
    browser.get(site)
    browser.execute_script(f"document.body.style.background = 'var({ground})'")
    for hue in range(HUES):
        browser.execute_script(f"document.documentElement.className = 'hue-{hue}'")
        assert violations(browser, axe, "color-contrast") == [], hue
        decided = (
            "const done = arguments[0]; axe.run({runOnly: ['color-contrast']})"
            ".then(result => done(result.passes.flatMap(p => p.nodes).length))"
        )
        assert browser.execute_async_script(decided) >= 8


def test_axe_finds_nothing_on_the_empty_page(
    browser: webdriver.Chrome, axe: str, empty_site: str
) -> None:
    browser.get(empty_site)
    command = browser.find_element(By.CSS_SELECTOR, ".command").text
    assert command == "flask pregen --categories 60"
    check_everywhere(browser, axe, empty_site)
