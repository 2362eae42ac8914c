"""Who may import whom, as CONTRIBUTING.md says it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.settings import PROJECT

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
OWN = {*MAY_IMPORT, "bench", "bin", "docs", "tests"}
HEAVY = {"tensorflow", "keras"}


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and first part of every import, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            # a relative import stays within its package
            yield node.lineno, (node.module or "").partition(".")[0] if not node.level else ""


def forbidden_in(path: Path) -> list[str]:
    package = path.parts[0]
    allowed = MAY_IMPORT[package] | {package}
    for folder, more in ONLY_FOR_THE_CHECK.items():
        if path.is_relative_to(folder):
            allowed |= more
    heavy = set() if package in ("gan", "sources") else HEAVY
    return [
        f"{path}:{line} imports {name}"
        for line, name in imports_of(PROJECT / path)
        if name in (OWN - allowed) | heavy
    ]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_those_below_it(package: str) -> None:
    files = sorted(path.relative_to(PROJECT) for path in (PROJECT / package).rglob("*.py"))
    assert files
    assert [line for path in files for line in forbidden_in(path)] == []
