"""`--set NAME=VALUE`: a recipe with other numbers."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from core.slugs import nearest
from gan.dataset.files import DatasetAbout
from gan.runs.options import BadOptions, RunOptions

# what has an option of its own, or is a part with options of its own
_ELSEWHERE = ("recipe", "method", "dataset", "augment")


def override_options(options: RunOptions, changes: Sequence[str]) -> RunOptions:
    """Return options with ``NAME=VALUE`` taken over. Raises `BadOptions`.

    Values are read as the option's type: numbers, true and false, words, and lists with commas.
    """
    known = {
        field.name: getattr(options, field.name)
        for field in dataclasses.fields(options)
        if field.name not in _ELSEWHERE
    }
    values: dict[str, Any] = {}
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise BadOptions(f"--set {change} has no =", "write --set learning_rate=1e-4")
        if name not in known:
            suggestion = nearest(name, known)
            raise BadOptions(
                f"recipe {options.recipe} has no option {name!r}",
                f"did you mean {suggestion}?" if suggestion else f"it has {', '.join(known)}",
            )
        values[name] = _read(name, text, known[name])
    return dataclasses.replace(options, **values)


def check_names(options: RunOptions, changes: Sequence[str], dataset: DatasetAbout) -> None:
    """Raise `BadOptions` where ``--set`` names a category or style that a data set lacks.

    What a recipe itself names may be missing: it is for its own data set.
    """
    given = {change.partition("=")[0] for change in changes}
    kinds = (
        ("no_mirror", "category", [label.slug for label in dataset.categories]),
        ("leave_out_styles", "style", dataset.styles),
    )
    for name, kind, known in kinds:
        asked = getattr(options, name) if name in given else ()
        for each in asked:
            if each in known or (name == "no_mirror" and each == "*"):
                continue
            close = nearest(each, known)
            raise BadOptions(
                f"data set {dataset.name} has no {kind} {each!r} for --set {name}",
                f"did you mean {close}?" if close else f"there are: {', '.join(known[:12])}",
            )


def _read(name: str, text: str, before: Any) -> Any:
    try:
        if isinstance(before, tuple):
            parts = [part for part in text.split(",") if part]
            return tuple(_plain(part, before[0] if before else "") for part in parts)
        return _plain(text, before)
    except ValueError as error:
        kinds = {bool: "true or false", int: "a whole number", float: "a number"}
        kind = kinds.get(type(before), f"like {before}")
        raise BadOptions(f"--set {name}={text} is not {kind}") from error


def _plain(text: str, before: Any) -> Any:
    if isinstance(before, bool):
        value = json.loads(text)
        if not isinstance(value, bool):
            raise ValueError(text)
        return value
    if isinstance(before, int):
        return int(text)
    return float(text) if isinstance(before, float) else text
