"""A data set from anybody's PATH/<category>/*.{png,jpg,webp}, or of one category from PATH/*."""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from core.slugs import slugify_all
from gan.dataset.files import BadDataset, Dataset, Label, Record
from gan.dataset.pictures import SUFFIXES, Unreadable, read_picture, variants
from gan.dataset.split import split_concepts

STYLE = "own"
LAYOUT = "pictures belong into one folder per category: PATH/<category>/*.png, *.jpg or *.webp"
NAMED_AT_MOST = 5  # files left out that are shown by name


@dataclass(frozen=True)
class FolderOptions:
    """What is made of each picture."""

    size_px: int = 64
    fit: str = "pad"
    mirror: bool = False
    rotations: int = 0


@dataclass(frozen=True)
class PictureFile:
    """One file's variants, or why it is left out."""

    path: Path
    digest: str = ""
    pictures: tuple[np.ndarray, ...] = ()
    reason: str = ""


def list_pictures(path: Path, thing: str = "") -> dict[str, list[Path]]:
    """Return the files of each category folder by its name, sorted. Raises `BadDataset`.

    Where no folder in ``path`` holds pictures, but ``path`` does, it is the only category, called
    ``thing``, or as the folder where that is empty.
    """
    if not path.is_dir():
        raise BadDataset(f"there is no folder {path}", LAYOUT)
    folders = sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
    found = {
        folder.name: sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
        for folder in folders
    }
    if any(found.values()):
        return found
    directly = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
    if not directly:
        raise BadDataset(f"there are no pictures in the folders of {path}", LAYOUT)
    return {thing or path.resolve().name: directly}


def made_from(path: Path, options: FolderOptions) -> str:
    """Return a digest of the files' names, sizes and times, and of the options."""
    lines = [repr(sorted(asdict(options).items()))]
    for files in list_pictures(path).values():
        for file in files:
            about = file.stat()
            lines.append(f"{file.relative_to(path)} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def build_folder_dataset(
    path: Path, name: str, options: FolderOptions, echo: Callable[[str], None], thing: str = ""
) -> Dataset:
    """Return the data set of a folder. Raises `BadDataset`.

    A category is a folder; its slug and display name come from the folder's name; without folders
    ``thing`` is what one picture shows, or again the folder's name. Files of the same bytes are
    one concept, so that variants and copies are never split between train and held-out.
    Unreadable and animated files are left out and named.
    """
    found = list_pictures(path, thing)
    category_of = {file: category for category, files in found.items() for file in files}
    read: dict[str, list[PictureFile]] = defaultdict(list)
    left_out: list[PictureFile] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda file: _read(file, options), category_of)
        for file in tqdm(results, total=len(category_of), unit="file", disable=None):
            if file.reason:
                left_out.append(file)
            else:
                read[category_of[file.path]].append(file)
    _tell_left_out(left_out, path, echo)
    _check_enough(read, path)
    for category in sorted(set(found) - set(read)):
        echo(f"left out category {category}: no picture in it can be read")

    names = sorted(read)
    slugs = slugify_all(names)
    pictures: list[np.ndarray] = []
    records: list[Record] = []
    for category, slug in zip(names, slugs, strict=True):
        split_of = split_concepts(file.digest for file in read[category])
        for file in read[category]:
            pictures.extend(file.pictures)
            records.extend(
                Record(
                    category=slug,
                    style=STYLE,
                    concept=file.digest,
                    origin=str(file.path.relative_to(path)),
                    licence="not stated",
                    split=split_of[file.digest],
                )
                for _ in file.pictures
            )
    return Dataset(
        name=name,
        size_px=options.size_px,
        categories=[
            Label(slug, display_name(category)) for slug, category in zip(slugs, names, strict=True)
        ],
        styles=[STYLE],
        pictures=np.stack(pictures),
        records=records,
        notes={
            "made_from": made_from(path, options),
            "options": asdict(options),
            "left_out": dict(Counter(file.reason for file in left_out)),
        },
    )


def _read(path: Path, options: FolderOptions) -> PictureFile:
    try:
        picture = read_picture(path, options.size_px, options.fit)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except (Unreadable, OSError) as error:
        return PictureFile(path, reason=str(error))
    return PictureFile(path, digest, tuple(variants(picture, options.mirror, options.rotations)))


def _tell_left_out(files: list[PictureFile], root: Path, echo: Callable[[str], None]) -> None:
    for file in files[:NAMED_AT_MOST]:
        echo(f"left out {file.path.relative_to(root)}: {file.reason}")
    if len(files) > NAMED_AT_MOST:
        echo(f"left out {len(files) - NAMED_AT_MOST} more")
    if files:
        echo(f"{len(files)} files left out in all")


def _check_enough(read: dict[str, list[PictureFile]], path: Path) -> None:
    different = {category: len({f.digest for f in files}) for category, files in read.items()}
    total = sum(different.values())
    if total < 2:
        count = "only one picture" if total else "no picture"
        raise BadDataset(
            f"{count} in {path} can be read", "a GAN needs at least 2, better 500; see --help"
        )
    if single := sorted(category for category, count in different.items() if count == 1):
        raise BadDataset(
            f"only one picture in {', '.join(single)}: none could be held out",
            "add another, or move it into another category's folder",
        )


def display_name(folder: str) -> str:
    """Return what the page shows of a category by the name of its folder."""
    return " ".join(folder.replace("_", " ").split()) or folder
