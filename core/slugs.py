"""Slugs: the one form in which a category is named in folders, addresses and commands."""

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from anyascii import anyascii

from core.errors import NonesuchError

LONGEST_NAME = 200  # characters of a display name, in the index
LONGEST = 80  # a category's column has room for 100, and a number may follow


class UnknownSlug(NonesuchError):
    """A slug that is not among those known."""


class BadCategoryName(NonesuchError):
    """What a category cannot be called."""


def checked_name(name: str) -> str:
    """Return the display name of a category, with single spaces. Raises `BadCategoryName`."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadCategoryName(
            f"a category cannot be called {name[:40]!r}",
            f"name it as one of its pictures: 1 to {LONGEST_NAME} characters in a line",
        )
    return name


def slugify(name: str) -> str:
    """Return the slug of a label: what stands before the first comma, lower case, every run of
    other characters one underscore: ``"carpenter's kit, tool kit"`` → ``"carpenter_s_kit"``.

    Other scripts are written in Latin letters: ``"красный дракон"`` → ``"krasnyi_drakon"``.
    """
    first = unicodedata.normalize("NFC", name).split(",")[0]
    return re.sub(r"[^a-z0-9]+", "_", anyascii(first).lower()).strip("_") or "unnamed"


def slugify_all(names: Iterable[str]) -> list[str]:
    """Return a unique slug per name, in order; a repeated one gets ``_2``, ``_3`` and so on.

    For lists that stay as they are: one more name in front of others changes theirs.
    """
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


def slugs_of(names: Iterable[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a slug for each name, which others that are added do not change.

    Names that are `same_name` have the same one. ``known``: name → slug of what there is already,
    which stays. Where other names would have one slug, the one that is written most like it has it,
    and the others get six digits of their own SHA-256 behind it.
    """
    fixed = {same_name(name): slug for name, slug in (known or {}).items()}
    taken = set(fixed.values())
    found: dict[str, str] = {}
    # "Arzte" before "Ärzte"
    for name in sorted(names, key=lambda name: (not _is_plain(name), name)):
        written, base = same_name(name), slugify(name)[:LONGEST].strip("_")
        own = hashlib.sha256(written.encode("utf-8", "surrogateescape")).hexdigest()
        slug = fixed.get(written) or next(
            slug for slug in (base, f"{base}_{own[:6]}", f"{base}_{own[:16]}") if slug not in taken
        )
        fixed[written] = found[name] = slug
        taken.add(slug)
    return found


def same_name(name: str) -> str:
    """Return what names have in common that differ in capitals, spaces, or how Unicode is put."""
    return " ".join(unicodedata.normalize("NFC", name).replace("_", " ").casefold().split())


def _is_plain(name: str) -> bool:
    """Say whether a slug is a name's own writing, less capitals and spaces."""
    return same_name(name).replace(" ", "_") == slugify(name)


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
