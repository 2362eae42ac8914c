"""All files below a folder, with what each is: a picture, a helper file, or why it is neither."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from core.files import TEMPORARY_PREFIX
from core.gathering.kinds import ENDINGS, HEAD_BYTES, READ, kind_of

# what systems leave in folders: nobody put it there, and nobody misses it
LEFT_BY_SYSTEMS = frozenset({
    ".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".directory", ".localized", "icon\r",
})  # fmt: skip
HELPERS = LEFT_BY_SYSTEMS | {
    ".picasa.ini", ".nomedia", ".gitignore", ".gitattributes", ".gitkeep", ".keep",
}  # fmt: skip
HELPER_FOLDERS = frozenset({
    "__macosx", "@eadir", ".git", ".hg", ".svn", ".spotlight-v100", ".trashes", ".fseventsd",
    ".thumbnails", "$recycle.bin", "system volume information", "lost+found", ".ipynb_checkpoints",
})  # fmt: skip

NO_PICTURE = "not a picture"
DANGLING = "a link that leads nowhere"
FOLDER_LINK = "a link to a folder: name that folder itself"
SPECIAL = "no regular file"
EMPTY_FOLDER = "a folder with the name of a picture"
UNREADABLE = "it cannot be read"
UNKNOWN_KIND = "not a picture that can be read"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file below a folder. Without ``reason`` and not ``is_helper`` it is a picture."""

    path: Path
    folders: tuple[str, ...]  # between the folder that was walked and the file
    kind: str = ""  # as `core.gathering.kinds` calls it
    reason: str = ""  # why it is not taken: one of a few texts, so that they can be counted
    detail: str = ""  # of this file alone
    is_helper: bool = False
    is_link: bool = False

    @property
    def name(self) -> str:
        """Return the file's own name, as `os` gives it."""
        return self.path.name

    @property
    def label(self) -> str:
        """Return the path below the folder that was walked, fit to be printed."""
        return printable("/".join((*self.folders, self.path.name)))

    @property
    def looks_like_picture(self) -> bool:
        """Say whether somebody who left it out may miss a picture."""
        return bool(self.kind) or self.reason == FOLDER_LINK or has_picture_ending(self.path.name)


def walk(root: Path, *, by_name: bool = False) -> Iterator[FoundFile]:
    """Yield each file below a folder, by path; links to folders are not followed.

    ``by_name``: what ends as pictures do is taken for one, and not opened. Raises OSError where
    the folder itself cannot be listed.
    """
    yield from _below(root, (), by_name)


def is_left_by_system(name: str) -> bool:
    """Say whether a file is one that desktops write into any folder that they show."""
    return name.lower() in LEFT_BY_SYSTEMS or name.startswith("._")


def is_helper(folders: Iterable[str], name: str) -> bool:
    """Say whether a file is one that systems and programs leave in folders."""
    if any(folder.lower() in HELPER_FOLDERS for folder in folders):
        return True
    return name.lower() in HELPERS or name.startswith(("._", TEMPORARY_PREFIX))


def printable(name: str) -> str:
    """Return a name as text: bytes that are not UTF-8, and signs without a shape, as escapes."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def is_utf8(name: str) -> bool:
    """Say whether a name, as `os` gives it, is UTF-8 on the disk."""
    return not any("\ud800" <= sign <= "\udfff" for sign in name)


def has_picture_ending(name: str) -> bool:
    """Say whether a name ends as those of pictures do."""
    return PurePath(name).suffix.lower() in ENDINGS


def _below(folder: Path, above: tuple[str, ...], by_name: bool) -> Iterator[FoundFile]:
    """Yield what is in a folder whose names from the root on are ``above``."""
    with os.scandir(folder) as scanned:
        entries = sorted(scanned, key=lambda entry: os.fsencode(entry.name))
    for entry in entries:
        path = folder / entry.name
        if not entry.is_dir(follow_symlinks=False):
            yield _file(path, above, by_name)
            continue
        try:
            yield from _folder(path, above, by_name)
        except OSError as error:
            helps = is_helper((*above, path.name), "")
            yield FoundFile(path, above, "", UNREADABLE, error.strerror or "", is_helper=helps)


def _folder(path: Path, above: tuple[str, ...], by_name: bool) -> Iterator[FoundFile]:
    is_empty = True
    for found in _below(path, (*above, path.name), by_name):
        is_empty = False
        yield found
    if is_empty and has_picture_ending(path.name) and not is_helper(above, path.name):
        yield FoundFile(path, above, reason=EMPTY_FOLDER)


def _file(path: Path, above: tuple[str, ...], by_name: bool) -> FoundFile:
    if is_helper(above, path.name):
        return FoundFile(path, above, is_helper=True)
    is_link = path.is_symlink()
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # never opened: reading a pipe would wait for good
            reason = FOLDER_LINK if stat.S_ISDIR(mode) else SPECIAL
            return FoundFile(path, above, reason=reason, is_link=is_link)
        if by_name and has_picture_ending(path.name):
            return FoundFile(path, above, path.suffix[1:].upper(), is_link=is_link)
        with path.open("rb") as opened:
            kind = kind_of(opened.read(HEAD_BYTES))
    except OSError as error:
        if is_link and error.errno in _NOWHERE:
            return FoundFile(path, above, reason=DANGLING, is_link=True)
        return FoundFile(path, above, "", UNREADABLE, error.strerror or "", is_link=is_link)
    if kind in READ:
        return FoundFile(path, above, kind, is_link=is_link)
    if kind:
        return FoundFile(path, above, kind, UNKNOWN_KIND, f"{kind}: save it as PNG or JPEG")
    reason = UNKNOWN_KIND if has_picture_ending(path.name) else NO_PICTURE
    return FoundFile(path, above, "", reason, is_link=is_link)


_NOWHERE = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR)
