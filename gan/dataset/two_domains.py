"""Data sets of two domains, for translating between them: a data set whose two styles these are.

Domain A is the first style, domain B the second; how many pictures each has may differ.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from core.gathering.census import Census
from core.gathering.walk import FoundFile, printable, walk
from core.slugs import nearest, slugify, slugify_all
from gan.dataset.files import (
    HELD_OUT,
    TRAIN,
    BadDataset,
    Dataset,
    DatasetAbout,
    Label,
    Record,
)
from gan.dataset.folder import line_of
from gan.dataset.pictures import Unreadable, read_picture

LAYOUT = "pictures belong into PATH/trainA, trainB, testA and testB"
ELSEWHERE = "not directly in trainA, trainB, testA or testB"
EPOCHS = 200  # of the larger domain, as CycleGAN trains
_FOLDERS = {"trainA": (0, TRAIN), "trainB": (1, TRAIN), "testA": (0, HELD_OUT),
            "testB": (1, HELD_OUT)}  # fmt: skip


@dataclass(frozen=True)
class PairOptions:
    """What is made of each picture, and what the two domains are called."""

    size_px: int = 128
    fit: str = "crop"
    names: tuple[str, str] = ("A", "B")


def check_two_domains(dataset: DatasetAbout) -> None:
    """Raise `BadDataset` unless a data set has exactly two styles."""
    if len(dataset.styles) != 2:
        raise BadDataset(
            f"data set {dataset.name} has {len(dataset.styles)} styles, and a translator is "
            "trained on 2 domains",
            "make one with: flask gan dataset pairs PATH, or flask gan dataset styles A B",
        )


def domain_names(dataset: DatasetAbout) -> tuple[str, str]:
    """Return what people call domain A and domain B."""
    names = dataset.notes.get("domains") or dataset.styles
    return str(names[0]), str(names[1])


def domain_indices(dataset: Dataset, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions, int64 [M], of a split's pictures of domain A and of domain B.

    Raises `BadDataset` when the data set has no two domains.
    """
    check_two_domains(dataset)
    chosen, styles = dataset.indices(split), dataset.style_ids()
    return chosen[styles[chosen] == 0], chosen[styles[chosen] == 1]


def kimg_of_epochs(dataset: Dataset, epochs: int = EPOCHS) -> float:
    """Return the thousands of pictures in so many epochs of the larger domain."""
    return epochs * max(map(len, domain_indices(dataset, TRAIN))) / 1000


def list_pairs(path: Path) -> tuple[dict[str, list[FoundFile]], Census]:
    """Return the pictures of trainA, trainB, testA and testB, and what is left out so far.

    Raises `BadDataset`.
    """
    if not path.is_dir():
        raise BadDataset(f"there is no folder {path}", LAYOUT)
    for needed in ("trainA", "trainB"):
        if not (path / needed).is_dir():
            there = sorted(printable(p.name) for p in path.iterdir() if p.is_dir())
            raise BadDataset(f"{path} has no folder {needed}, but {there or 'none'}", LAYOUT)
    census = Census()
    found: dict[str, list[FoundFile]] = {name: [] for name in _FOLDERS}
    for each in walk(path):
        if not census.sort_out(each):
            continue
        if len(each.folders) == 1 and each.folders[0] in found:
            found[each.folders[0]].append(each)
        else:
            census.refuse(each, ELSEWHERE)
    return found, census


def made_from(path: Path, options: PairOptions) -> str:
    """Return a digest of the files' names, sizes and times, and of the options."""
    lines = [repr(sorted(asdict(options).items()))]
    for files in list_pairs(path)[0].values():
        lines.extend(line_of(file) for file in files)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def build_pairs(
    path: Path, name: str, options: PairOptions, echo: Callable[[str], None]
) -> tuple[Dataset, Census]:
    """Return the data set of trainA, trainB, testA and testB, and what became of each file.

    A picture that is in a train and in a test folder is left out of the test. Raises `BadDataset`.
    """
    found, census = list_pairs(path)
    slugs = domain_slugs(options.names)
    pictures: list[np.ndarray] = []
    records: list[Record] = []
    trained_on: set[str] = set()
    files = [(folder, file) for folder, listed in found.items() for file in listed]
    for folder, file in tqdm(files, unit="file", disable=None):
        domain, split = _FOLDERS[folder]
        try:
            picture = np.asarray(read_picture(file.path, options.size_px, options.fit))
            digest = hashlib.sha256(file.path.read_bytes()).hexdigest()[:16]
        except Unreadable as error:
            census.refuse(file, str(error))
            continue
        except OSError as error:
            census.refuse(file, f"it cannot be read ({error.strerror})")
            continue
        if split == TRAIN:
            trained_on.add(digest)
        elif digest in trained_on:
            census.refuse(file, "also in a train folder")
            continue
        census.taken += 1
        pictures.append(picture)
        records.append(Record("picture", slugs[domain], digest, file.label, "not stated", split))
    census.tell(echo)
    for folder, (domain, split) in _FOLDERS.items():
        count = sum(r.style == slugs[domain] and r.split == split for r in records)
        if split == TRAIN and count < 2:
            few = "only one picture" if count else "no picture"
            raise BadDataset(
                f"{few} in {path / folder} can be read", "a GAN needs at least 2, better 500"
            )
        if not count:
            echo(f"no picture in {folder}: nothing will show how well unseen ones are translated")
    dataset = Dataset(
        name=name,
        size_px=options.size_px,
        categories=[Label("picture", "picture")],
        styles=list(slugs),
        pictures=np.stack(pictures),
        records=records,
        notes={
            "domains": list(options.names),
            "made_from": made_from(path, options),
            "options": asdict(options),
            "left_out": census.by_reason,
        },
    )
    return dataset, census


def styles_of_two(
    dataset: Dataset,
    domains: tuple[tuple[str, ...], tuple[str, ...]],
    names: tuple[str, str],
    name: str,
) -> Dataset:
    """Return the data set of two groups of another one's styles; concepts stay held out.

    Raises `BadDataset` when a style is unknown, in both groups, or has no pictures to train on.
    """
    for style in (*domains[0], *domains[1]):
        if style not in dataset.styles:
            plain = {known.replace("-", "_"): known for known in dataset.styles}
            close = nearest(style, plain)
            raise BadDataset(
                f"data set {dataset.name} has no style {style!r}",
                f"did you mean {plain[close]}?"
                if close
                else f"there are: {', '.join(dataset.styles)}",
            )
    if both := set(domains[0]) & set(domains[1]):
        raise BadDataset(f"{', '.join(sorted(both))} cannot be in both domains")
    slugs = domain_slugs(names)
    domain_of = {style: slugs[i] for i, group in enumerate(domains) for style in group}
    chosen = [i for i, record in enumerate(dataset.records) if record.style in domain_of]
    # held out is held out in both domains, though concepts are split within a category
    held_out = {dataset.records[i].concept for i in chosen if dataset.records[i].split == HELD_OUT}
    records = [
        replace(
            dataset.records[i],
            style=domain_of[dataset.records[i].style],
            split=HELD_OUT if dataset.records[i].concept in held_out else TRAIN,
        )
        for i in chosen
    ]
    sets = [s for s in dataset.notes.get("sets", []) if s["style"] in domain_of]
    made = Dataset(
        name=name,
        size_px=dataset.size_px,
        categories=dataset.categories,
        styles=list(slugs),
        pictures=np.asarray(dataset.pictures[chosen]),
        records=records,
        notes={
            "domains": list(names),
            "made_from": styles_from(dataset, domains, names),
            "sets": [{**s, "domain": domain_of[s["style"]]} for s in sets],
        },
    )
    if min(map(len, domain_indices(made, TRAIN))) < 2:
        raise BadDataset(f"data set {dataset.name} has too few pictures of one of these styles")
    return made


def styles_from(
    dataset: DatasetAbout,
    domains: tuple[tuple[str, ...], tuple[str, ...]],
    names: tuple[str, str],
) -> str:
    """Return a digest of what `styles_of_two` makes its data set from."""
    sets = [[s.get("package"), s.get("version")] for s in dataset.notes.get("sets", [])]
    parts = (dataset.name, dataset.size_px, domains, names, sets, dataset.notes.get("made_from"))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def domain_slugs(names: tuple[str, str]) -> tuple[str, str]:
    """Return the slugs of the two domains, which differ. Raises `BadDataset`."""
    if slugify(names[0]) == slugify(names[1]):
        raise BadDataset(
            f"both domains are called {names[0]!r}", 'name them: --names "faces,anime faces"'
        )
    first, second = slugify_all(list(names))
    return first, second


def domains_table(dataset: Dataset) -> str:
    """Return pictures to train on and held out per domain as aligned text."""
    lines = [f"{'domain':<28}{'pictures':>9}{'held out':>9}"]
    trained, held = domain_indices(dataset, TRAIN), domain_indices(dataset, HELD_OUT)
    for i, name in enumerate(domain_names(dataset)):
        lines.append(f"{'AB'[i]}: {name:<25}{len(trained[i]):>9}{len(held[i]):>9}")
    return "\n".join(lines)
