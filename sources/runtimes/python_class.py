"""A class of yours that makes pictures, `python:module:Class`: found, trusted, and described.

    class Dragons:
        size_px = 512
        categories = {"red dragon": "a watercolour of a red dragon"}

        def draw(self, prompt, seed):
            return …  # a Pillow image, or uint8 [512, 512, 3 or 4]

Its module is code, so it is not imported before its owner says that it is trusted. What was said
holds for the file as it is: a changed one is asked about again.
"""

import hashlib
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from core.errors import NonesuchError
from core.files import write_durably
from core.slugs import slugify
from sources.spec.description import PYTHON, BadModel, Model
from sources.spec.inputs import NO_TRUNCATION, Input, ModelCategory, Output

SCHEME = "python:"
_EXAMPLE = "python:dragons:Dragons"


class NotTrusted(NonesuchError):
    """Code that nobody here has said to be trusted."""


@dataclass(frozen=True)
class Place:
    """Where a class is."""

    module: str
    name: str
    file: Path

    @property
    def sha256(self) -> str:
        """Of the module's file."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    def __str__(self) -> str:
        return f"{SCHEME}{self.module}:{self.name}"


def find_class(text: str) -> Place:
    """Return where ``python:module:Class`` is, without running anything. Raises `BadModel`.

    The current folder comes first, as with `python -m`.
    """
    module, _, name = text.removeprefix(SCHEME).partition(":")
    if not name.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        raise BadModel(f"{text} is not python:module:Class", f"for example: {_EXAMPLE}")
    paths: Sequence[str] | None = [str(Path.cwd()), *sys.path]
    found, dotted = None, ""
    for part in module.split("."):
        dotted = f"{dotted}.{part}" if dotted else part
        found = None if paths is None else PathFinder.find_spec(dotted, paths)
        paths = None if found is None else found.submodule_search_locations
    origin = None if found is None else found.origin
    if origin is None or not origin.endswith(".py"):
        raise BadModel(
            f"there is no module {module} to take {name} from",
            f"run the command where {module.replace('.', '/')}.py lies",
        )
    return Place(module, name, Path(origin))


def trust(place: Place, kept: Path) -> None:
    """Write down that a class may run; ``kept``: the file with all of those."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.is_file() else []
    line = f"{place.sha256} {place}"
    if line not in lines:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_durably(kept, ("\n".join([*lines, line]) + "\n").encode())


def is_trusted(place: Place, kept: Path | None) -> bool:
    """Say whether a class may run, its file being as it was."""
    if kept is None or not kept.is_file():
        return False
    return f"{place.sha256} {place}" in kept.read_text(encoding="utf-8").splitlines()


def load_class(place: Place) -> Any:
    """Import a class, which runs its module. Raises `BadModel`."""
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(place.module), place.name)
    except Exception as error:  # code of its maker may raise anything
        raise BadModel(
            f"{place} cannot be imported: {type(error).__name__}: {error}", "see docs/models.md"
        ) from error
    if not callable(getattr(found, "draw", None)):
        raise BadModel(
            f"{place} has no method draw", "write: def draw(self, prompt, seed): return picture"
        )
    return found


def prompts_of(made: Any, place: Place) -> dict[str, tuple[str, ...]]:
    """Return the name of each category with its prompts, of which a picture's seed takes one.

    ``made.categories``: a mapping of names to a prompt or a list of them, a list of names, which
    are prompts themselves, or a folder beside the module: of ``<category>.txt`` files with a
    prompt in each line. Raises `BadModel`.
    """
    given = getattr(made, "categories", None) or [getattr(made, "name", place.name)]
    if isinstance(given, str | Path):
        given = _read_folder(place.file.parent / given)
    if not isinstance(given, Mapping):
        given = {str(each): str(each) for each in given}
    found = {
        str(name): (prompts,) if isinstance(prompts, str) else tuple(map(str, prompts))
        for name, prompts in given.items()
    }
    if not found or not all(found.values()):
        raise BadModel(
            f"{place} has a category without a prompt",
            'write: categories = {"red dragon": "a watercolour of a red dragon"}',
        )
    return found


def _read_folder(folder: Path) -> dict[str, list[str]]:
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise BadModel(
            f"there are no prompts in {folder}", "write a file for each category: red dragon.txt"
        )
    texts = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in files}
    return {name: [line.strip() for line in lines if line.strip()] for name, lines in texts.items()}


def describe_class(place: Place) -> Model:
    """Return the model that a class is. Raises `BadModel`."""
    made = load_class(place)
    prompts = prompts_of(made, place)
    size_px, version = getattr(made, "size_px", None), getattr(made, "version", 1)
    for name, value, example in (("size_px", size_px, 512), ("version", version, 1)):
        if not isinstance(value, int) or value < 1:
            raise BadModel(
                f"{place}: {name} is {value!r}, not a whole number from 1 on",
                f"write in the class: {name} = {example}",
            )
    called = {
        "file": place.sha256, "class": place.name, "version": version, "size_px": size_px,
        "prompts": prompts,
    }  # fmt: skip
    digest = hashlib.sha256(b"a class of Python\n" + json.dumps(called, sort_keys=True).encode())
    title = str(getattr(made, "name", place.name))
    return Model(
        name=slugify(title),
        version=version,
        title=title,
        licence=str(getattr(made, "licence", "unknown")),
        size_px=int(size_px or 0),
        channels=3,
        inputs=(Input("seed", "seed", dtype="uint32"),),
        output=Output("picture", (0.0, 255.0)),
        truncation=NO_TRUNCATION,
        categories=_categories(prompts, place),
        litert_file="",
        litert_signatures={},
        folder=place.file.parent,
        digest=digest.hexdigest(),
        runtime=PYTHON,
        address=str(place),
    )


def _categories(names: Mapping[str, object], place: Place) -> tuple[ModelCategory, ...]:
    found = tuple(ModelCategory(i, slugify(name), name) for i, name in enumerate(names))
    if len({each.slug for each in found}) < len(found):
        raise BadModel(f"{place} has two categories of one slug", "name one of them otherwise")
    return found
