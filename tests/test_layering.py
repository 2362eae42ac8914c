"""Who may import whom, as CONTRIBUTING.md says it."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.layering import PROJECT, circles, folders, names_in, problems

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


def test_no_circle_no_import_upwards_and_no_room_too_large() -> None:
    assert problems() == []


def test_a_class_name_means_one_thing() -> None:
    """But `Options`: each method's own, which are only ever named with their module."""
    where = defaultdict(list)
    for package in MAY_IMPORT:
        for path in sorted((PROJECT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and node.name != "Options":
                    where[node.name].append(str(path.relative_to(PROJECT)))
    assert len(where) > 200
    assert {name: files for name, files in where.items() if len(files) > 1} == {}


def test_what_a_file_names(tmp_path: Path) -> None:
    file = tmp_path / "names.py"
    file.write_text(
        "import a.b\n"
        "from c.d import e, f\n"
        "def later():\n"
        "    from g import h\n"
        "PLACES = {'x': 'i.j:k', 'y': 'no place: at all', 'z': 'http://l.m:80'}\n"
    )
    assert sorted(names_in(file)) == [
        (1, "a.b"),
        (2, "c.d.e"),
        (2, "c.d.f"),
        (4, "g.h"),
        (5, "i.j"),
    ]


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set[str](), "e": {"a"}}
    assert circles(graph) == [["a", "b", "c"]]
    assert circles({**graph, "c": {"d"}}) == []


def test_each_room_says_what_it_is_for() -> None:
    for room, _ in folders(package for package in MAY_IMPORT if package != "migrations"):
        said = ast.get_docstring(ast.parse((PROJECT / room / "__init__.py").read_text()))
        assert said, f"{room}/__init__.py says nothing"
