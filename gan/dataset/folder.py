"""A data set from anybody's PATH/<category>/*, or of one category from PATH/*."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from core.gathering.census import Census
from core.gathering.walk import FoundFile, is_helper, is_utf8, printable, walk
from core.slugs import same_name, slugs_of
from gan.dataset.files import BadDataset, Dataset, Label, Record
from gan.dataset.pictures import Unreadable, read_picture, variants
from gan.dataset.split import split_concepts

STYLE = "own"
LAYOUT = "pictures belong into one folder per category: PATH/<category>/1.png"
LOOSE = "beside folders of pictures: move it into one of them"
NESTED = "in a folder within a category: move it up, or name the folder above as PATH"
NOT_UTF8 = "the folder's name is not UTF-8: rename the folder"


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

    found: FoundFile
    digest: str = ""
    pictures: tuple[np.ndarray, ...] = ()
    reason: str = ""


def list_pictures(path: Path, thing: str = "") -> tuple[dict[str, list[FoundFile]], Census]:
    """Return the pictures of each category folder by its name, and what is left out so far.

    Where no folder in ``path`` holds pictures, but ``path`` does, it is the only category, called
    ``thing``, or as the folder where that is empty. Folders without a picture are there too. Raises
    `BadDataset`.
    """
    if not path.is_dir():
        raise BadDataset(f"there is no folder {path}", LAYOUT)
    census = Census()
    written: dict[str, str] = {}  # the first of several folders that have one name
    found: dict[str, list[FoundFile]] = {}
    loose: list[FoundFile] = []
    nested: list[FoundFile] = []
    for folder in sorted(p.name for p in path.iterdir() if p.is_dir() and not p.is_symlink()):
        if not is_helper([folder], ""):
            found.setdefault(written.setdefault(same_name(folder), folder), [])
    for each in walk(path):
        if not census.sort_out(each):
            continue
        folder = each.folders[0] if each.folders else ""
        category = written.get(same_name(folder), folder)
        if not each.folders:
            loose.append(each)
        elif len(each.folders) > 1:
            nested.append(each)
        elif not is_utf8(category):
            census.refuse(each, NOT_UTF8)
        else:
            found.setdefault(category, []).append(each)
    for each in nested:
        census.refuse(each, NESTED)
    if any(found.values()):
        for each in loose:
            census.refuse(each, LOOSE)
        return dict(sorted(found.items())), census
    if not loose:
        raise BadDataset(
            f"there are no pictures in the folders of {path} ({census.summary()})", LAYOUT
        )
    return {thing or path.resolve().name: loose}, census


def made_from(path: Path, options: FolderOptions) -> str:
    """Return a digest of the files' names, sizes and times, and of the options."""
    lines = [repr(sorted(asdict(options).items()))]
    for files in list_pictures(path)[0].values():
        lines.extend(line_of(file) for file in files)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def line_of(file: FoundFile) -> str:
    """Return a file's name, size and time."""
    about = file.path.stat()
    return f"{file.label} {about.st_size} {about.st_mtime_ns}"


def build_folder_dataset(
    path: Path, name: str, options: FolderOptions, echo: Callable[[str], None], thing: str = ""
) -> tuple[Dataset, Census]:
    """Return the data set of a folder, and what became of each file. Raises `BadDataset`.

    A category is a folder; its slug and display name come from the folder's name; without folders
    ``thing`` is what one picture shows, or again the folder's name. Files of the same bytes are
    one concept, so that variants and copies are never split between train and held-out.
    Whatever else is not taken is named and counted, by reason.
    """
    found, census = list_pictures(path, thing)
    category_of = {file: category for category, files in found.items() for file in files}
    read: dict[str, list[PictureFile]] = defaultdict(list)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda file: _read(file, options), category_of)
        for file in tqdm(results, total=len(category_of), unit="file", disable=None):
            if file.reason:
                census.refuse(file.found, file.reason)
            else:
                census.taken += 1
                read[category_of[file.found]].append(file)
    census.tell(echo)
    _check_enough(read, path)
    for category in sorted(set(found) - set(read)):
        echo(f"left out category {printable(category)}: no picture in it can be read")

    names = sorted(read)
    slugs = slugs_of(names)
    pictures: list[np.ndarray] = []
    records: list[Record] = []
    for category in names:
        split_of = split_concepts(file.digest for file in read[category])
        for file in read[category]:
            pictures.extend(file.pictures)
            records.extend(
                Record(
                    category=slugs[category],
                    style=STYLE,
                    concept=file.digest,
                    origin=file.found.label,
                    licence="not stated",
                    split=split_of[file.digest],
                )
                for _ in file.pictures
            )
    dataset = Dataset(
        name=name,
        size_px=options.size_px,
        categories=[Label(slugs[each], display_name(each)) for each in names],
        styles=[STYLE],
        pictures=np.stack(pictures),
        records=records,
        notes={
            "made_from": made_from(path, options),
            "options": asdict(options),
            "left_out": census.by_reason,
        },
    )
    return dataset, census


def _read(found: FoundFile, options: FolderOptions) -> PictureFile:
    try:
        picture = read_picture(found.path, options.size_px, options.fit)
        digest = hashlib.sha256(found.path.read_bytes()).hexdigest()[:16]
    except Unreadable as error:
        return PictureFile(found, reason=str(error))
    except OSError as error:
        return PictureFile(found, reason=f"it cannot be read ({error.strerror})")
    return PictureFile(found, digest, tuple(variants(picture, options.mirror, options.rotations)))


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
