"""Where an export goes: checked before anything is written."""

import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import NonesuchError
from core.gathering.walk import is_left_by_system
from core.settings import Settings

MARK = "nonesuch.json"  # says that a folder was written here, and may be replaced
RELATIVE = "./"  # the base path of a site that may lie anywhere, also in a folder without a server
_BASE_PATH = re.compile(r"/(?:[A-Za-z0-9._~\-]+/)*")
_MADE = {
    "i", "c", "live", "gallery", "categories", "about", "favourites", "morphs", "images", "static",
    "pictures", "play", "seed", "sized", "sitemaps", "index.html", "404.html", "categories.json",
    "robots.txt", "favicon.ico", "favicon.svg", "sitemap.xml", MARK,
}  # fmt: skip


class CannotExport(NonesuchError):
    """A target that is not ours, or a site that cannot be rendered."""


def check_base_path(base_path: str, address: str) -> tuple[str, str]:
    """Return base path and origin (empty: unknown) of two options. Raises `CannotExport`."""
    if base_path == RELATIVE and not address:
        return RELATIVE, ""
    if address:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise CannotExport(
                f"--address {address!r} is no address of a site",
                "for example: --address https://example.org/x/",
            )
        path = parts.path if parts.path.endswith("/") else f"{parts.path}/"
        if base_path not in ("", path):
            raise CannotExport("--base-path and --address disagree", "give the address alone")
        return check_base_path(path, "")[0], f"{parts.scheme}://{parts.netloc}"
    base_path = base_path or "/"
    if not _BASE_PATH.fullmatch(base_path) or "/../" in base_path:
        raise CannotExport(
            f"--base-path {base_path!r} is no path",
            "it begins and ends with /, for example: /x/; or is ./",
        )
    return base_path, ""


def write_mark(folder: Path, pictures: int) -> None:
    """Say in a folder what an export wrote into it."""
    mark = {"made by": "flask export-site", "pictures": pictures, "files": _files_below(folder)}
    (folder / MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")


def _files_below(folder: Path) -> dict[str, int]:
    """Return how many files each folder at the top holds, less what others may add to it.

    They are what was compressed beside them, and what desktops leave in folders that they show.
    """
    return {
        top.name: sum(
            not name.endswith((".gz", ".br", ".zst")) and not is_left_by_system(name)
            for _, _, names in os.walk(top)
            for name in names
        )
        for top in sorted(folder.iterdir())
        if top.is_dir()
    }


def _foreign_in(folder: Path) -> list[str]:
    """Return what no export wrote: names, and folders that hold more than was written."""
    present = {path.name for path in folder.iterdir() if not is_left_by_system(path.name)}
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        written = mark.get("files")  # older versions did not count
    except (OSError, ValueError, AttributeError):
        return sorted(present)
    foreign = sorted(present - _MADE)
    if isinstance(written, dict):
        foreign += [f"{top}/" for top, n in _files_below(folder).items() if n > written.get(top, 0)]
    return foreign


def check_target(target: Path, settings: Settings) -> None:
    """Raise `CannotExport` unless nothing but a former export is in the target."""
    if target.exists() and not target.is_dir():
        raise CannotExport(f"{target} is a file", "give the name of a folder")
    ours = (settings.images_folder, settings.instance_folder, settings.models_folder)
    whole = target.absolute()
    if any(folder.absolute().is_relative_to(whole) or whole.is_relative_to(folder.absolute())
           for folder in ours):  # fmt: skip
        raise CannotExport(
            f"{target} holds the store or lies in it", "give the name of a folder of its own"
        )
    foreign = _foreign_in(target) if target.is_dir() else []
    if foreign:
        raise CannotExport(
            f"{target} holds what no export wrote ({', '.join(foreign[:3])})",
            "export into an empty folder, and copy from there",
        )
