"""Tables: what was measured, on what, in Markdown."""

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import click

from core.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "benchmarks.md"


def machine() -> str:
    """Return one line that says what the figures were taken on."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return f"{os.cpu_count()} cores of {model}, Python {sys.version.split()[0]}"


def note(what: str, found: float, wanted: str = "") -> None:
    """Tell `python -m bench` a ratio, or another figure that has a bound, for its first table.

    ``wanted``: the bound, such as "at least 0.5". Alone a benchmark shows its own tables only.
    """
    file = os.environ.get("BENCH_NOTES")
    if file:
        with Path(file).open("a", encoding="utf-8") as notes:
            notes.write(json.dumps({"what": what, "found": found, "wanted": wanted}) + "\n")


def versions(*packages: str) -> str:
    return ", ".join(f"{package} {version(package)}" for package in packages)


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table; columns after the first are right-aligned."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def put_between_marks(text: str, begin: str, end: str, middle: str) -> str:
    """Return a document with its measured part replaced. Raises `click.ClickException`."""
    if text.count(begin) != 1 or text.count(end) != 1:
        raise click.ClickException(f"the document has not just one {begin} and {end}")
    before, rest = text.split(begin)
    return f"{before}{begin}\n\n{middle}\n\n{end}{rest.split(end)[1]}"
