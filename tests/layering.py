"""The rooms of the project and what each imports: `python -m tests.layering`.

A room is a package folder, such as `store/index`. What imports is whatever names another module:
an import statement anywhere in a file, and a string such as "package.module:attribute", by which
commands are found. Exit status 1 where a rule of `problems` is broken.
"""

import ast
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "store", "sources", "pregen", "gan", "app", "migrations")
MOST_FILES = 16  # of a room, besides its __init__.py
# each room above all that it may import
FROM_THE_GROUND = (
    "core", "core/gathering", "core/toml",
    "store/index", "store/formats", "store/files", "store/queries", "store/curation",
    "store/categories", "store/adopting",
    "migrations", "migrations/versions",
    "sources/finishing", "sources/spec", "sources/runtimes", "sources/biggan", "sources/serving",
    "sources/curators", "sources/translators", "sources",
    "pregen/planning", "pregen/engines", "pregen/indexing", "pregen/adopting",
    "pregen/verifying", "pregen/choosing", "pregen/filling", "pregen/morphs",
    "gan", "gan/dataset", "gan/dataset/emoji", "gan/features", "gan/networks/fast",
    "gan/networks/layers", "gan/networks", "gan/batches", "gan/runs", "gan/methods",
    "gan/recipes", "gan/training", "gan/evaluation/samples", "gan/evaluation/measures",
    "gan/evaluation", "gan/export", "gan/export/translation", "gan/commands",
    "app/identity", "app/http", "app/ops", "app/rendering", "app/site", "app/browser", "app/live",
    "app/pictures", "app/embeds", "app/walls", "app/game", "app/translate",
    "app/reporting", "app/jobs", "app/curate", "app/api", "app/export", "app",
)  # fmt: skip
_PLACE = re.compile(r"([a-z_]\w*(?:\.[a-z_]\w*)+):[A-Za-z_]\w*")

Graph = Mapping[str, set[str]]


def modules(packages: Iterable[str] = PACKAGES) -> dict[str, Path]:
    """Return module → file, relative to the project, of all that hold more than a docstring."""
    found: dict[str, Path] = {}
    for package in packages:
        for path in sorted((PROJECT / package).rglob("*.py")):
            relative = path.relative_to(PROJECT)
            parts = relative.with_suffix("").parts
            if parts[-1] != "__init__":
                found[".".join(parts)] = relative
            elif _has_content(relative):
                found[".".join(parts[:-1])] = relative
    return found


def _has_content(path: Path) -> bool:
    body = ast.parse((PROJECT / path).read_text(encoding="utf-8")).body
    return any(not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)) for n in body)


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of all that a file names of others, wherever it does.

    `a.b` of `from a import b`: only who knows the modules can tell whether `b` is one.
    """
    for node in ast.walk(ast.parse((PROJECT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Constant) and (match := _PLACE.fullmatch(str(node.value))):
            yield node.lineno, match[1]


def imports(found: Mapping[str, Path]) -> dict[str, set[str]]:
    """Return module → modules that it imports, among those that are given."""
    graph: dict[str, set[str]] = {}
    for module, path in found.items():
        named = {name for _, name in names_in(path)}
        whole = {name if name in found else name.rpartition(".")[0] for name in named}
        graph[module] = {name for name in whole if name in found} - {module}
    return graph


def room_of(module: str, found: Mapping[str, Path]) -> str:
    """Return the folder of a module: `store/index` of `store.index.tables`."""
    return found[module].parent.as_posix()


def rooms(graph: Graph, found: Mapping[str, Path]) -> dict[str, set[str]]:
    """Return room → rooms that it imports."""
    between: dict[str, set[str]] = defaultdict(set)
    for module, others in graph.items():
        here = room_of(module, found)
        between[here] |= {room_of(other, found) for other in others} - {here}
    return dict(between)


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups of nodes that reach each other (Tarjan's components of more than one)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def levels(graph: Graph) -> dict[str, int]:
    """Return node → how many stand below it, one on the other; those of a circle on one level."""
    in_circle = {node: circle[0] for circle in circles(graph) for node in circle}
    known: dict[str, int] = {}

    def level(name: str) -> int:
        if name not in known:
            members = [node for node in graph if in_circle.get(node, node) == name] or [name]
            below = {in_circle.get(o, o) for node in members for o in graph.get(node, ())} - {name}
            known[name] = 1 + max(map(level, below), default=-1)
        return known[name]

    return {node: level(in_circle.get(node, node)) for node in graph}


def boxes(package: str, graph: Graph) -> dict[str, set[str]]:
    """Return the imports between the files and folders of a package, as its listing shows them."""

    def box(module: str) -> str:
        return ".".join(module.split(".")[:2])

    between: dict[str, set[str]] = defaultdict(set)
    for module, others in graph.items():
        if module.split(".")[0] == package:
            inside = {box(other) for other in others if other.split(".")[0] == package}
            between[box(module)] |= inside - {box(module)}
    return dict(between)


def flat_files(folder: Path) -> int:
    """Return how many modules lie in a folder itself."""
    return sum(path.name != "__init__.py" for path in folder.glob("*.py"))


def folders(packages: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield each folder of packages that holds modules, and how many."""
    for package in packages:
        for folder in sorted({path.parent for path in (PROJECT / package).rglob("*.py")}):
            if count := flat_files(folder):
                yield folder.relative_to(PROJECT).as_posix(), count


def problems() -> list[str]:
    """Return what is against the rules, a line each."""
    found = modules()
    graph = imports(found)
    between = rooms(graph, found)
    lines = [f"circle of rooms: {', '.join(circle)}" for circle in circles(between)]
    lines += [f"circle of modules: {', '.join(circle)}" for circle in circles(graph)]
    height = {room: number for number, room in enumerate(FROM_THE_GROUND)}
    lines += [f"not in FROM_THE_GROUND: {room}" for room in sorted(between) if room not in height]
    for module, others in sorted(graph.items()):
        for other in sorted(others):
            here, there = room_of(module, found), room_of(other, found)
            if height.get(there, -1) > height.get(here, len(height)):
                lines.append(f"upwards: {module} imports {other}")
    for room, count in folders((*PACKAGES, "tests")):
        if count > MOST_FILES:
            lines.append(f"{count} files in {room}")
    return lines


def main() -> int:
    """Print the rooms, the figures, and what is against the rules."""
    found = modules()
    graph = imports(found)
    between = rooms(graph, found)
    level, count = levels(between), dict(folders(PACKAGES))

    def order(room: str) -> tuple[int, int, str]:
        return PACKAGES.index(room.split("/")[0]), level[room], room

    for room in sorted(between, key=order):
        below = ", ".join(sorted(between[room])) or "nothing of ours"
        print(f"{level[room]:2}  {room} ({count.get(room, 0)}): {below}")
    lengths = [
        len((PROJECT / path).read_text(encoding="utf-8").splitlines()) for path in found.values()
    ]
    print(
        f"\n{len(found)} files, {sum(lengths):,} lines, median {statistics.median(lengths):.0f}, "
        f"largest {max(lengths)}; {len(between)} rooms, "
        f"largest {max(count, key=lambda room: count[room])} ({max(count.values())})"
    )
    for package in PACKAGES:
        flat = boxes(package, graph)
        print(
            f"{package}/ as its listing shows it: {len(flat)} boxes on "
            f"{max(levels(flat).values(), default=0) + 1} levels, "
            f"{sum(map(len, flat.values()))} imports between them"
        )
    wrong = problems()
    print("\n" + ("\n".join(wrong) or "no circle, no arrow upwards, no room too large"))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
