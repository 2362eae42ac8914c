"""Slugs: the one form in which a category is named in folders, addresses and commands."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

from core.errors import NonesuchError


class UnknownSlug(NonesuchError):
    """A slug that is not among those known."""


def slugify(name: str) -> str:
    """Return the slug of a label: what stands before the first comma, lower case, every run of
    other characters one underscore: ``"carpenter's kit, tool kit"`` → ``"carpenter_s_kit"``."""
    first = unicodedata.normalize("NFKD", name.split(",")[0]).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", first.lower()).strip("_") or "unnamed"


def slugify_all(names: Iterable[str]) -> list[str]:
    """Return a unique slug per name, in order; a repeated one gets ``_2``, ``_3`` and so on."""
    taken: set[str] = set()
    slugs = []
    for name in names:
        base = slug = slugify(name)
        number = 1
        while slug in taken:
            number += 1
            slug = f"{base}_{number}"
        taken.add(slug)
        slugs.append(slug)
    return slugs


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known slug most like ``word``, or ``""`` when none is close."""
    close = difflib.get_close_matches(slugify(word), list(known), n=1, cutoff=0.5)
    return close[0] if close else ""


def check_known(word: str, known: Iterable[str], kind: str) -> str:
    """Return ``word`` when it is known; else raise `UnknownSlug` that suggests the nearest."""
    known = list(known)
    if word in known:
        return word
    suggestion = nearest(word, known)
    hint = f"did you mean {suggestion}?" if suggestion else f"known: {', '.join(known[:8])} …"
    raise UnknownSlug(f"there is no {kind} {word!r}", hint)
