"""What the tests in a browser share: Debian's Chromium, a real server, axe-core."""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from bench.servers import granian_command
from core.npm import NpmFailed, fetch_package
from core.settings import PROJECT, Settings
from tests.programs import absent
from tests.scaled import in_environment
from tests.servers.ports import free_port

AXE_VERSION = "4.14.1"
# outside of the tree, kept between runs
CACHE = Path("~/.cache/nonesuch/npm").expanduser()
QUIET = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip
WAIT_S = 30


def chromium(profile: Path, *arguments: str) -> webdriver.Chrome:
    """Start Chromium, with more ``arguments``; skip where there is none."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        absent("needs Chromium and its driver (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = str(program)
    for argument in (*QUIET, *arguments, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=str(driver))
    return webdriver.Chrome(options=options, service=service)


def axe_core() -> str:
    """Return axe-core's source; skip where npm has none."""
    try:
        folder = fetch_package("axe-core", AXE_VERSION, CACHE, ["axe.min.js"])
    except NpmFailed as error:
        absent(f"needs axe-core from npm: {error}")
    return (folder / "axe.min.js").read_text(encoding="utf-8")


def serving(settings: Settings, stdout: IO[bytes] | None = None, **environ: str) -> Iterator[str]:
    """Run the production server over a store; yield its address. ``environ``: more variables."""
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")}
    log_level = environ.pop("GRANIAN_LOG_LEVEL", "error")
    server = subprocess.Popen(
        granian_command("app.wsgi:app", port, 1, 2, ends_within_s=1, log_level=log_level),
        cwd=PROJECT,
        env={
            **kept,
            **in_environment(settings),
            **environ,
        },
        stdout=stdout,
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


def wait_until(
    browser: webdriver.Chrome, script: str, *values: object, wait_s: float = WAIT_S
) -> object:
    """Wait until a script returns something true; return it."""
    return WebDriverWait(browser, wait_s).until(lambda b: b.execute_script(script, *values))


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
