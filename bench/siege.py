"""Attackers who keep at it, each from an address of its own, and a visitor who asks for `/`."""

import http.client
import io
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from bench.attacks import KINDS, Attacker, unread

# connections of each kind, held for so long and then opened anew
HELD = {
    "silent connections": 1060,
    "half-sent heads": 500,
    "half-sent forms": 60,
    "bodies without end": 10,
    "long plain forms": 2,
    "streams of HTTP/2": 4,
    "calls of the owner's door": 60,
    "unread pictures": 60,
}
HOLD_S = 20.0
EVERY_S = 1.0
_GIVES_UP_S = 60.0
LARGE = "large.png"
_LARGE_PX = 1800


def large_picture() -> bytes:
    """Return a PNG of 9.7 MB."""
    file = io.BytesIO()
    noise = np.random.RandomState(0).randint(0, 256, (_LARGE_PX, _LARGE_PX, 3), np.uint8)
    Image.fromarray(noise).save(file, "PNG", compress_level=0)
    return file.getvalue()


def allow_connections(count: int = 2 * sum(HELD.values())) -> None:
    """Let this process hold so many connections, or as many as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def seconds_of_a_page(port: int) -> float:
    """Return how long a visitor from 127.0.0.1 waits for the whole of `/`.

    Raises OSError, or RuntimeError for any other answer than a page.
    """
    began = time.monotonic()
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=_GIVES_UP_S, source_address=("127.0.0.1", 0)
    )
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        if answer.status != 200 or b"</html>" not in answer.read():
            raise RuntimeError(f"/ answered {answer.status}")
    finally:
        connection.close()
    return time.monotonic() - began


@dataclass
class Siege:
    """What happened between `begin` and `end`."""

    port: int
    large_address: str
    opened: Counter[str] = field(default_factory=Counter)  # connections of each kind
    waits_s: list[float] = field(default_factory=list)  # for `/`, asked once a second
    failed: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, *, attacked: bool) -> None:
        """Ask for `/` once a second; ``attacked``: beside attackers of every kind."""
        self._start(self._visit)
        if attacked:
            allow_connections()
            kinds = {**KINDS, "unread pictures": unread(self.large_address)}
            for number, (kind, count) in enumerate(HELD.items(), 2):
                attacker = Attacker(self.port, f"127.0.0.{number}")
                self._start(self._attack, kind, kinds[kind], count, attacker)

    def end(self) -> None:
        """Let go of every connection."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *values: object) -> None:
        thread = threading.Thread(target=work, args=values)
        thread.start()
        self._threads.append(thread)

    def _attack(
        self, kind: str, attack: Callable[[Attacker], None], count: int, attacker: Attacker
    ) -> None:
        while not self._over.is_set():
            for _ in range(count):
                attack(attacker)
                self.opened[kind] += 1
                if self._over.is_set():
                    break
            self._over.wait(HOLD_S)
            attacker.let_go()

    def _visit(self) -> None:
        while not self._over.wait(EVERY_S):
            began = time.monotonic()
            try:
                self.waits_s.append(seconds_of_a_page(self.port))
            except (OSError, http.client.HTTPException, RuntimeError) as error:
                self.waits_s.append(time.monotonic() - began)
                self.failed.append(f"/: {error or type(error).__name__}")
