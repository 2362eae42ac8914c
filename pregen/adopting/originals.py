"""The files that adopted pictures were made of: beside the store, where no address leads.

instance/originals/<category>/<name of the picture in the store>.<ending of the original>
"""

import os
from pathlib import Path

from core.files import NO_LINK, TEMPORARY_PREFIX, copy_to_path, fsync_folder, rename_to_free
from core.gathering.walk import FoundFile
from store.files.protocol import StoreUnusable

FOLDER = "originals"
_ENDINGS = {"JPEG": "jpg", "TIFF": "tif"}


def keep_original(found: FoundFile, original: str, instance: Path, slug: str, file: str) -> Path:
    """Keep a file's bytes; return where. A hard link where that can be, else a copy.

    ``original``: its SHA-256; ``file``: what the picture is called in the store. What is there
    already is left. Raises `StoreUnusable`, and OSError where the file is gone.
    """
    folder = instance / FOLDER / slug
    try:
        return _kept(found, original, folder, file)
    except OSError as error:
        if not found.path.exists():  # taken away meanwhile
            raise
        raise StoreUnusable(
            f"could not write to {folder} ({error.strerror})",
            "make room or check the disk, then run the same command again: it continues",
        ) from error


def _kept(found: FoundFile, original: str, folder: Path, file: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    ending = _ENDINGS.get(found.kind, found.kind.lower())
    target = folder / f"{file.partition('.')[0]}.{original[:12]}.{ending}"
    if target.exists():
        return target
    source = found.path.resolve()  # a link would be linked, not what it leads to
    try:
        os.link(source, target)
    except FileExistsError:
        return target
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        _copy(source, target)
    fsync_folder(folder)
    return target


def _copy(source: Path, target: Path) -> None:
    """Write a copy that appears whole or not at all."""
    temporary = target.with_name(f"{TEMPORARY_PREFIX}{target.name}")
    temporary.unlink(missing_ok=True)
    try:
        with source.open("rb") as opened:
            copy_to_path(opened, temporary)
        rename_to_free(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
