"""Which category each picture of a folder belongs to."""

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import NonesuchError
from core.gathering.census import Census
from core.gathering.walk import FoundFile, is_utf8, walk
from core.settings import Settings
from core.slugs import same_name

LOOSE = "in no category: name one with --category, or choose another --depth"
NOT_UTF8 = "the folder's name is not UTF-8: rename the folder"
LONGEST_NAME = 200  # of a category, in the index


class CannotAdopt(NonesuchError):
    """A folder that holds nothing to take, or must not be taken."""


@dataclass(frozen=True)
class Layout:
    """How folders are read."""

    depth: int = 1  # how many folders below PATH those of the categories are
    loose: str = ""  # name of the category of pictures that are less deep


@dataclass
class Arranged:
    """Pictures by the display name of their category, sorted, and what is left out so far."""

    categories: dict[str, list[FoundFile]] = field(default_factory=dict)
    census: Census = field(default_factory=Census)
    advice: str = ""

    @property
    def pictures(self) -> int:
        """Return how many there are."""
        return sum(map(len, self.categories.values()))


def arrange(path: Path, layout: Layout, settings: Settings) -> Arranged:
    """Walk a folder and sort its pictures into categories. Raises `CannotAdopt`."""
    check_source(path, settings)
    found = Arranged()
    written: dict[str, str] = {}  # the first of several folders that have one name
    loose: list[FoundFile] = []

    def place(name: str, each: FoundFile) -> None:
        name = written.setdefault(same_name(name), name)
        found.categories.setdefault(name, []).append(each)

    deeper = 0
    for each in walk(path):
        if not found.census.sort_out(each):
            continue
        if len(each.folders) < layout.depth:
            loose.append(each)
            continue
        folder = each.folders[layout.depth - 1] if layout.depth else path.resolve().name
        if not is_utf8(folder):
            found.census.refuse(each, NOT_UTF8)
        else:
            deeper += len(each.folders) > layout.depth
            place(layout.loose if not layout.depth and layout.loose else display_name(folder), each)
    only_loose = layout.depth == 1 and not found.categories
    name = layout.loose or (display_name(path.resolve().name) if only_loose else "")
    for each in loose:
        if name:
            place(name, each)
        else:
            found.census.refuse(each, LOOSE)
    if not found.categories:
        raise CannotAdopt(
            f"no pictures were found in {path} ({found.census.summary()})",
            "name a folder that holds some: flask adopt PATH",
        )
    if layout.depth == 1 and len(found.categories) == 1 and deeper == found.pictures:
        found.advice = (
            f"all are in one category, {next(iter(found.categories))}; to make a category of each "
            "folder in it: --depth 2"
        )
    found.categories = dict(sorted(found.categories.items()))
    return found


def check_source(path: Path, settings: Settings) -> None:
    """Raise `CannotAdopt` unless this is a folder that has nothing to do with the store."""
    if not path.is_dir():
        what = "is a file" if path.exists() else "is not there"
        raise CannotAdopt(f"{path} {what}", "name a folder of pictures: flask adopt PATH")
    here = path.resolve()
    for own in (settings.images_folder, settings.instance_folder):
        folder = own.resolve()
        if here.is_relative_to(folder):
            raise CannotAdopt(
                f"{path} belongs to the store", "to convert what is in it: flask adopt --again"
            )
        if folder.is_relative_to(here):
            raise CannotAdopt(f"{path} holds the store, {own}", "name a folder beside or below it")


def display_name(folder: str) -> str:
    """Return what pages call a category by its folder's name: in the folder's own writing."""
    written = unicodedata.normalize("NFC", folder)
    return " ".join(written.replace("_", " ").split())[:LONGEST_NAME] or written[:LONGEST_NAME]
