"""Lines that visitors would like to see in the log."""

import io
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.ops.log_lines import OneLine, escape_controls
from tests.attacks.conftest import Target, filled_store, status_of
from tests.servers.ports import free_port
from tests.servers.site import SiteServer

FORGED = "[2026-01-01 00:00:00,000] WARNING in curate: nobody was here"


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.sqlite
def test_addresses_make_no_lines(tmp_path: Path) -> None:
    """While the index is unusable each address that asks it is logged."""
    log_file = tmp_path / "log"
    with filled_store(tmp_path / "site") as store, log_file.open("wb") as log:
        server = SiteServer(store.settings, free_port(), log=log)
        server.start()
        try:
            target = Target(store, server)
            path = store.settings.sqlite_path
            assert path is not None
            path.unlink()
            path.write_bytes(b"no database" * 1000)
            wait_for(lambda: status_of(target.get("/")) == 503)
            asked = FORGED.replace(" ", "%20")
            for end in ("%0a", "%0d", "%0d%0a", "%c2%85", "%e2%80%a8", "%0b", "%0c", "%1b[2K%0d"):
                answer = target.get(f"/c/hat{end}{asked}/random")
                assert status_of(answer) == 503, answer[:200]
        finally:
            server.stop()
    text = log_file.read_text(errors="replace")
    lines = [line for line in text.splitlines() if "nobody was here" in line]
    assert len(lines) == 8 and not any(line.startswith("[2026-01-01") for line in lines), text
    assert "\x1b" not in text and "\\n[2026-01-01" in text


def test_a_traceback_is_indented_whatever_its_error_says() -> None:
    written = io.StringIO()
    logger = logging.Logger("a logger")
    handler = logging.StreamHandler(written)
    handler.addFilter(OneLine())
    logger.addHandler(handler)
    try:
        raise ValueError(f"bad\n{FORGED}")
    except ValueError:
        logger.exception("at %s", f"/x\n{FORGED}")
    first, *others = written.getvalue().splitlines()
    assert first == f"at /x\\n{FORGED}"
    assert all(line.startswith("    ") for line in others) and len(others) >= 4
    assert others[-1].strip() == FORGED


def test_what_is_no_control_character_stays() -> None:
    assert escape_controls("/c/ä?é 100 % \\ \U0001f600") == "/c/ä?é 100 % \\ \U0001f600"
