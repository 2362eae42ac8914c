"""Ports for servers of tests.

One is chosen now and bound by a server later. In between the kernel could give it to anybody who
asks for any port, so these are outside of those that it gives (on Linux from 32768 on).
"""

import random
import socket

_PORTS = range(20_000, 32_000)  # below are Ray's
_random = random.SystemRandom()  # workers seed the other one alike


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, all different."""
    ports: list[int] = []
    while len(ports) < count:
        port = _random.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports


def free_port() -> int:
    """Return a port that nobody listens on."""
    return free_ports(1)[0]
