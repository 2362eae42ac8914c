"""What lies in a store and can be none of its pictures: helper files, odd names, odd places."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from core.gathering.census import Census
from core.gathering.walk import (
    NO_PICTURE,
    FoundFile,
    has_picture_ending,
    is_helper,
    is_utf8,
    printable,
)
from core.slugs import slugify
from store.files.protocol import EXTENSIONS, SAFE_NAME

LONGEST_NAME = 200
LOOSE = "in no category: move it into a folder"
NESTED = "in a folder within a category: move it up"
LINK = "a link: put the file itself here"
ENDING = "an ending that the store does not have: take it in with flask adopt"
FILE_NAME = "rename the file"
FOLDER_NAME = "rename the folder"


def census_of(files: Iterable[FoundFile], folders: Iterable[str]) -> Census:
    """Count a store's files: as taken those that may be its pictures, the others by reason.

    ``folders``: names of all categories' folders, also of empty ones.
    """
    census = Census()
    in_odd: dict[str, list[FoundFile]] = defaultdict(list)
    for folder in folders:
        if not SAFE_NAME.fullmatch(folder):
            in_odd[folder] = []
    for each in files:
        if each.is_helper:
            census.helpers += 1
        elif each.folders and each.folders[0] in in_odd:
            in_odd[each.folders[0]].append(each)
        elif refusal := _refusal(each):
            census.refuse(each, *refusal)
        elif census.sort_out(each):
            census.taken += 1
    for folder, inside in sorted(in_odd.items()):
        pictures = sum(each.looks_like_picture for each in inside)
        label, detail = f"{printable(folder)}/", f"for example to {slugify(printable(folder))}"
        for looks, count in ((True, pictures), (False, len(inside) - pictures)):
            if count or (looks and not inside):
                census.leave_out(label, FOLDER_NAME, detail, looks_like_picture=looks, count=count)
    return census


def as_found(key: str) -> FoundFile:
    """Return what an object of a bucket is, by its key below the store: nothing is fetched."""
    path = Path(key)
    folders = path.parts[:-1]
    if is_helper(folders, path.name):
        return FoundFile(path, folders, is_helper=True)
    if has_picture_ending(path.name):
        return FoundFile(path, folders, path.suffix[1:].upper())
    return FoundFile(path, folders, reason=NO_PICTURE)


def what_is_odd(name: str) -> str:
    """Return why a file's name can be in no address; empty: it can."""
    if not is_utf8(name):
        return "its name is not UTF-8"
    if SAFE_NAME.fullmatch(name):
        return ""
    if len(name) > LONGEST_NAME:
        return f"its name has more than {LONGEST_NAME} characters"
    odd = next((sign for sign in name if not SAFE_NAME.fullmatch(f"_{sign}")), "")
    if odd:
        return f"its name has {'a space' if odd == ' ' else printable(odd)} in it"
    return f"its name begins with {name[0]}"


def _refusal(found: FoundFile) -> tuple[str, str] | None:
    """Return why a file that looks like a picture is none of the store; None: it is, or is odd."""
    if not found.looks_like_picture:
        return None
    if len(found.folders) > 1:
        return NESTED, ""
    if not found.folders and not found.reason:
        return LOOSE, ""
    if found.is_link and not found.reason:
        return LINK, ""
    if found.reason:
        return None
    if odd := what_is_odd(found.name):
        return FILE_NAME, odd
    if found.path.suffix.lower() not in EXTENSIONS:
        return ENDING, found.path.suffix.lower() or "none"
    return None
