"""Two exported sites on one host, a plain file server: at /deep/site/ and /deep/other/."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.app.export.exporting import export, plain_server
from tests.conftest import Filled

if TYPE_CHECKING:
    from selenium import webdriver


@pytest.fixture(scope="module")
def host(shown_store: Filled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the host, to which the sites' paths are added."""
    above = tmp_path_factory.mktemp("exported")
    for name in ("site", "other"):
        words = (above / "deep" / name, "--base-path", f"/deep/{name}/")
        result = export(shown_store.settings, *words)
        assert result.exit_code == 0, result.output
    with plain_server(above) as address:
        yield address


@pytest.fixture
def site(browser: "webdriver.Chrome", host: str) -> Iterator[str]:
    """The address of one of the two, for a browser that keeps nothing; no error may be logged."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    address = f"{host}/deep/site/"
    browser.get(f"{address}about/")  # a page that names its icon: Chromium asks the host for others
    browser.execute_script("localStorage.clear()")
    browser.get_log("browser")
    yield address
    severe = [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"]
    severe = [message for message in severe if host in message]  # not of servers beside it
    # quick keys cut cross-fades off, which Chromium reports as an error
    assert [message for message in severe if "ransition" not in message] == []
