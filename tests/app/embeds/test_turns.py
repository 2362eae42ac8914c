"""One client asks for large pictures through many connections; others get theirs."""

import fcntl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from app import create_app
from tests.conftest import Filled

CONNECTIONS = 10  # enough for a queue of nine


def test_one_client_does_not_keep_others_out(filled: Filled) -> None:
    """Another process holds the lock of what the client asks for first: work that takes long."""
    app = create_app(filled.settings)
    first = app.test_client().get("/seed/a/60/60.png?fit=crop")
    assert first.status_code == 200
    folder = filled.settings.instance_folder / "embeds"
    (kept,) = (folder / "framed").iterdir()
    kept.unlink()
    refused = threading.Semaphore(0)

    def status(address: str, caller: str) -> int:
        answer = app.test_client().get(address, environ_base={"REMOTE_ADDR": caller})
        if answer.status_code == 503:
            assert answer.headers["Retry-After"] == "1"
            refused.release()
        return answer.status_code

    with ThreadPoolExecutor(CONNECTIONS + 1) as threads:
        with (folder / "locks" / f"framed-{kept.name}").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            working = threads.submit(status, "/seed/a/60/60.png?fit=crop", "203.0.113.1")
            time.sleep(0.2)
            rest = [
                threads.submit(status, f"/seed/a/60/{side}.png?fit=crop", "203.0.113.1")
                for side in range(61, 60 + CONNECTIONS)
            ]
            for _ in range(CONNECTIONS - 6):  # six are there at most
                assert refused.acquire(timeout=3)
            other = threads.submit(status, "/avatar/somebody.png?s=20", "203.0.113.2")
            assert refused.acquire(timeout=3)  # it took the last place of the client
        assert other.result() == 200 and working.result() == 200
        assert sorted(each.result() for each in rest) == [200] * 4 + [503] * 5
