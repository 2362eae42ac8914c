"""Who may import whom, as CONTRIBUTING.md says it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.layering import PROJECT, names_in

MAY_IMPORT = {
    "core": set[str](),
    "store": {"core"},
    "sources": {"core"},
    "pregen": {"core", "store", "sources"},
    "app": {"core", "store", "sources"},
    "gan": {"core"},
    "migrations": {"store"},
}
# an exported model is read back through its source before it is shipped
ONLY_FOR_THE_CHECK = {Path("gan/export"): {"sources"}}
# the commands of all packages are listed in one file, as strings
COMPOSITION = {Path("app/commands.py"): {"pregen", "gan"}}
OWN = {*MAY_IMPORT, "bench", "bin", "docs", "tests"}
HEAVY = {"tensorflow", "keras"}


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and first part of every import, wherever in the file."""
    for line, name in names_in(path):
        yield line, name.partition(".")[0]


def forbidden_in(path: Path) -> list[str]:
    package = path.parts[0]
    allowed = MAY_IMPORT[package] | {package}
    for place, more in (ONLY_FOR_THE_CHECK | COMPOSITION).items():
        if path.is_relative_to(place):
            allowed |= more
    heavy = set() if package in ("gan", "sources") else HEAVY
    return [
        f"{path}:{line} imports {name}"
        for line, name in imports_of(path)
        if name in (OWN - allowed) | heavy
    ]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_those_below_it(package: str) -> None:
    files = sorted(path.relative_to(PROJECT) for path in (PROJECT / package).rglob("*.py"))
    assert files
    assert [line for path in files for line in forbidden_in(path)] == []
