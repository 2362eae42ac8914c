"""What a visitor can do who means a site no good, from one address: for tests and `bench.soak`.

Each kind opens connections and leaves them as they are; closing them is the end of it.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

PLAIN = "application/x-www-form-urlencoded"
ATTACKER = "127.0.0.2"  # visitors come from 127.0.0.1
_PATIENCE_S = 5.0


@dataclass
class Attacker:
    """One address and the connections that it holds to one port of this machine."""

    port: int
    source: str = ATTACKER
    held: list[socket.socket] = field(default_factory=list)

    def connect(self, receive_bytes: int = 0) -> socket.socket:
        """Return a connection that is held; ``receive_bytes``: how much it takes in unread."""
        connection = socket.socket()
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.settimeout(_PATIENCE_S)
        connection.bind((self.source, 0))
        self.held.append(connection)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def send(self, data: bytes, receive_bytes: int = 0) -> None:
        """Send bytes over a connection of their own; a server may refuse them, or take none."""
        with suppress(OSError):
            self.connect(receive_bytes).sendall(data)

    def let_go(self) -> None:
        """Close every connection."""
        while self.held:
            self.held.pop().close()


def silent(attacker: Attacker) -> None:
    """A connection that says nothing."""
    attacker.send(b"")


def half_a_head(attacker: Attacker) -> None:
    """A request that stops within its head."""
    attacker.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")


def half_a_body(attacker: Attacker) -> None:
    """A form that stops after two bytes."""
    attacker.send(_head("POST", "/play", f"Content-Type: {PLAIN}", "Content-Length: 99") + b"a=")


def body_without_end(attacker: Attacker) -> None:
    """A megabyte of file, in chunks, with a method that has no body; the rest does not come."""
    kind = "Content-Type: multipart/form-data; boundary=x"
    file = b'--x\r\nContent-Disposition: form-data; name="level"; filename="f"\r\n\r\n'
    chunk = b"%x\r\n" % 2**16 + bytes(2**16) + b"\r\n"
    begin = _head("HEAD", "/play", kind, "Transfer-Encoding: chunked")
    attacker.send(begin + b"%x\r\n" % len(file) + file + b"\r\n" + chunk * 16)


def plain_form(attacker: Attacker) -> None:
    """Ten megabytes of form that take long to read."""
    body = b"a&" * (5 * 10**6)
    length = f"Content-Length: {len(body)}"
    attacker.send(_head("POST", "/translate", f"Content-Type: {PLAIN}", length) + body)


def streams_of_http_2(attacker: Attacker) -> None:
    """Thirty forms at once over HTTP/2, none of which ends."""
    opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, b"")
    head = b"\x83\x86\x04\x05/play\x01\x09localhost"  # POST, http, path and host (HPACK)
    attacker.send(opening + b"".join(_frame(1, 4, 2 * n + 1, head) for n in range(30)))


def owners_door(attacker: Attacker) -> None:
    """A call of the owner's pages by nobody."""
    attacker.send(_head("GET", "/curate"))


def unread(path: str) -> Callable[[Attacker], None]:
    """Return what asks for a large file and never reads it."""

    def attack(attacker: Attacker) -> None:
        attacker.send(_head("GET", path), receive_bytes=2048)

    return attack


KINDS: dict[str, Callable[[Attacker], None]] = {
    "silent connections": silent,
    "half-sent heads": half_a_head,
    "half-sent forms": half_a_body,
    "bodies without end": body_without_end,
    "long plain forms": plain_form,
    "streams of HTTP/2": streams_of_http_2,
    "calls of the owner's door": owners_door,
}


def _head(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return a frame of HTTP/2 (RFC 9113, 4.1)."""
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
    return head + payload
