"""The form that a rater fills in, and the key that says what each number was."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.rating.arms import BadRating, Drawn, Wall
from core.files import write_durably

VERDICTS = ("thing", "fun", "blob", "embarrassing")
GO_ON = ("yes", "no")
KEY = "key.json"
_HEADER = ["item", "answer", "one of"]


@dataclass(frozen=True)
class Key:
    """Of one set of sheets: picture number and wall number → arm and category."""

    name: str  # of the set, also in every form of it
    arms: tuple[str, ...]
    pictures: dict[str, tuple[str, str]]
    walls: dict[str, tuple[str, str]]


def make_key(arms: Sequence[str], pictures: list[Drawn], walls: list[Wall]) -> dict[str, Any]:
    """Return a key for JSON; ``pictures`` and ``walls`` in the order of the sheets."""
    told: dict[str, Any] = {
        "arms": list(arms),
        "pictures": {
            f"{number}": [drawn.arm, drawn.category, drawn.path.name]
            for number, drawn in enumerate(pictures, 1)
        },
        "walls": {
            f"wall {number}": [wall.arm, wall.category, *(each.path.name for each in wall.pictures)]
            for number, wall in enumerate(walls, 1)
        },
    }
    name = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]
    return {"set": name, **told}


def write_key(folder: Path, told: dict[str, Any]) -> None:
    """Write a key as key.json."""
    write_durably(folder / KEY, (json.dumps(told, indent=1) + "\n").encode())


def parse_key(told: dict[str, Any]) -> Key:
    """Return what a key says."""
    return Key(
        told["set"],
        tuple(told["arms"]),
        {number: (arm, slug) for number, (arm, slug, *_) in told["pictures"].items()},
        {number: (arm, slug) for number, (arm, slug, *_) in told["walls"].items()},
    )


def read_key(folder: Path) -> Key:
    """Return what `write_key` wrote into a folder. Raises `BadRating`."""
    path = folder / KEY
    try:
        return parse_key(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadRating(
            f"{path} is no key of sheets ({error})", "make sheets: python -m bench.rating --help"
        ) from error


def write_form(path: Path, key: Key) -> None:
    """Write an empty form as CSV, for any spreadsheet or editor."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow([f"set {key.name}", "", ""])
        rows.writerow(_HEADER)
        rows.writerows([number, "", ", ".join(VERDICTS)] for number in key.pictures)
        rows.writerows([wall, "", "yes, no: would you go on looking?"] for wall in key.walls)


def read_form(path: Path, key: Key) -> dict[str, str]:
    """Return item → answer of those that a form answers; first letters do. Raises `BadRating`."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadRating(f"{path} cannot be read ({error})", "save it as CSV, in UTF-8") from error
    if not lines or lines[0][:1] != [f"set {key.name}"]:
        raise BadRating(
            f"{path} is no form of these sheets, whose first line is: set {key.name}",
            f"fill in a copy of the form that lies beside the sheets of {key.name}",
        )
    answers: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        item, said = ([cell.strip().lower() for cell in line] + ["", ""])[:2]
        if not said or item == _HEADER[0]:
            continue
        words = VERDICTS if item in key.pictures else GO_ON if item in key.walls else ()
        meant = [word for word in words if word.startswith(said)]
        if item in answers:
            raise BadRating(f"{path}, line {number}: {item} is answered twice", "strike out one")
        if not words:
            raise BadRating(
                f"{path}, line {number}: there is no {item!r}", "leave items as they are"
            )
        if len(meant) != 1:
            raise BadRating(
                f"{path}, line {number}: {said!r} is none of {', '.join(words)}",
                "write one of these, or its first letter",
            )
        answers[item] = meant[0]
    if not answers:
        raise BadRating(f"{path} answers nothing", "fill in the column answer")
    return answers
