"""A run's options as they were recorded beside it, read again and compared on continuing."""

import dataclasses
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.files import write_durably
from gan.augment import AugmentOptions
from gan.methods import FORMER, options_class
from gan.runs.folders import OPTIONS_FILE
from gan.runs.options import BadOptions, RunOptions, TrainingOptions

# what may differ between a run and its continuation
MAY_CHANGE = ("total_kimg",)


def write_options(run: Path, options: RunOptions) -> None:
    text = json.dumps(asdict(options), indent=1) + "\n"
    write_durably(run / OPTIONS_FILE, text.encode())


def read_options(run: Path) -> RunOptions | None:
    """Return a run's options, or None where nothing was begun. Raises `BadOptions`."""
    path = run / OPTIONS_FILE
    if not path.exists():
        return None
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if values.get("method") in FORMER:
            values["method"] = FORMER[values["method"]]
        options = options_class(values.get("method", "relativistic"))
        check_keys(values, options, path)
        if issubclass(options, TrainingOptions):
            check_keys(values.get("augment", {}), AugmentOptions, path)
            values["augment"] = AugmentOptions(**values.get("augment", {}))
        for name, value in values.items():
            values[name] = tuple(value) if isinstance(value, list) else value
        return options(**values)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadOptions(
            f"{path} cannot be read ({error})", "begin another run with --run NAME"
        ) from error


def check_keys(values: dict[str, Any], options: type, path: Path) -> None:
    """Raise `BadOptions` when ``values`` has a key that is no field of ``options``."""
    known = {f.name for f in dataclasses.fields(options)}
    if unknown := sorted(set(values) - known):
        raise BadOptions(f"{path} holds options unknown here: {', '.join(unknown)}")


def check_continues(begun: RunOptions, asked: RunOptions, run: Path) -> None:
    """Raise `BadOptions` when ``asked`` is another run than the one begun in ``run``."""
    before, now = asdict(begun), asdict(asked)
    if begun.recipe != asked.recipe:  # its other options may have other names
        raise BadOptions(
            f"the run in {run} was begun with recipe {begun.recipe}, not {asked.recipe}",
            f"give it another --run name, or continue with --recipe {begun.recipe}",
        )
    for name in before:
        if name not in MAY_CHANGE and before[name] != now.get(name):
            raise BadOptions(
                f"the run in {run} was begun with {name} = {before[name]}, not {now.get(name)}",
                "give it another --run name, or continue with the same options",
            )
