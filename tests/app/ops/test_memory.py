"""Memory that threads keep: in few arenas, unless the environment says how many."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import ctypes, os, threading
import app.wsgi

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(12)

def allocate():
    together.wait()
    for _ in range(200):  # without Python's lock, which ctypes lets go
        libc.malloc(10_000)
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
@pytest.mark.parametrize(
    ("given", "arenas"), [({}, {1, 2}), ({"MALLOC_ARENA_MAX": "5"}, {3, 4, 5})]
)
def test_threads_share_arenas(given: dict[str, str], arenas: set[int], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "NONESUCH_INSTANCE_FOLDER": str(tmp_path), **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(re.findall("<heap nr=", done.stdout)) in arenas
