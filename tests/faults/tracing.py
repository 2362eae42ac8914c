"""strace: which system calls a batch makes, and a fault at any one of them."""

import os
import re
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

CALLS = (
    "openat", "read", "pread64", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat2",
    "unlink", "mkdir", "fchmod", "ftruncate", "fstat", "newfstatat", "getdents64", "flock", "fcntl",
)  # fmt: skip
_LINE = re.compile(r"^(?P<thread>\d+) +(?P<name>\w+)\((?P<rest>.*)$")
ATTACH_S = 20.0


@dataclass(frozen=True)
class Point:
    """The n-th call of a name by a thread, from when the batch began."""

    name: str
    number: int
    about: str  # the file it is about, by its role: "picture", "index" …

    def __str__(self) -> str:
        return f"{self.name}-{self.number}-{self.about}"


def need_strace() -> None:
    """Skip, or fail in CI, where strace is not to be had or may not attach."""
    if not Path("/usr/bin/strace").exists():
        said = "strace is missing: apt-get install strace"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)


def attach(pid: int, log: Path, *options: str) -> subprocess.Popen[str]:
    """Attach strace to a stopped process, with all its threads; return when it has."""
    process = subprocess.Popen(
        ["strace", "-f", "-y", "-s", "0", "-o", str(log), *options, "-p", str(pid)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    status = Path(f"/proc/{pid}/status")
    ends = time.monotonic() + ATTACH_S
    while "TracerPid:\t0" in status.read_text():
        if process.poll() is not None:
            assert process.stderr is not None
            said = process.stderr.read().strip()
            pytest.fail(f"strace could not attach: {said}")
        assert time.monotonic() < ends, "strace did not attach"
        time.sleep(0.005)
    return process


def points_in(log: Path, folder: Path) -> list[Point]:
    """Return the calls of a traced batch that are about files in ``folder``, in order."""
    numbers: dict[tuple[str, str], int] = defaultdict(int)
    found: dict[Point, None] = {}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None or match["name"] not in CALLS:
            continue
        key = (match["thread"], match["name"])
        numbers[key] += 1
        if str(folder) in match["rest"]:
            found[Point(match["name"], numbers[key], role(match["rest"]))] = None
    return list(found)


def role(arguments: str) -> str:
    """Return which kind of file a call is about."""
    for part, name in (
        ("index.sqlite3-journal", "journal"), ("index.sqlite3", "index"), (".tmp-", "temporary"),
        (".webp", "picture"), ("/images", "folder"),
    ):  # fmt: skip
        if part in arguments:
            return name
    return "other"
