"""The emoji data set: fetched from npm, rendered, labelled, split by concept."""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from core.npm import fetch_package
from gan.dataset.emoji.concepts import left_out_subcategories, meanings, read_categories
from gan.dataset.emoji.render import render_icon
from gan.dataset.emoji.sets import (
    EMOJI_SETS,
    NAMES_PACKAGE,
    Icon,
    names_to_code_points,
    picture_icons,
    plain_code_points,
    svg_icons,
)
from gan.dataset.files import Dataset, DatasetAbout, Record
from gan.dataset.split import split_concepts

LEAST_CONCEPTS = 6  # a category with fewer cannot be learned and held out


def fetch_sets(
    cache: Path, echo: Callable[[str], None]
) -> tuple[list[dict[str, Any]], dict[str, list[Icon]]]:
    """Fetch every package; return emoji.json and each style's icons."""
    echo(f"fetching {NAMES_PACKAGE[0]} {NAMES_PACKAGE[1]}")
    names_folder = fetch_package(*NAMES_PACKAGE, cache, ("emoji.json", "LICENSE"))
    emoji = json.loads((names_folder / "emoji.json").read_text(encoding="utf-8"))
    folders = {}
    for emoji_set in EMOJI_SETS:
        echo(f"fetching {emoji_set.package} {emoji_set.version} ({emoji_set.licence})")
        folders[emoji_set.style] = fetch_package(emoji_set.package, emoji_set.version, cache)
    char_maps = [
        json.loads(path.read_text(encoding="utf-8"))
        for folder in folders.values()
        if (path := folder / "chars.json").exists()
    ]
    names = names_to_code_points(emoji, char_maps)
    known = {plain_code_points(entry["unified"]) for entry in emoji}
    icons = {
        style: list(
            svg_icons(folder, names)
            if (folder / "icons.json").exists()
            else picture_icons(folder, known)
        )
        for style, folder in folders.items()
    }
    return emoji, icons


def packages_now() -> list[list[str]]:
    """Return name and version of the packages that the data set would be made from."""
    return [[emoji_set.package, emoji_set.version] for emoji_set in EMOJI_SETS]


def packages_of(about: DatasetAbout) -> list[list[str]]:
    """Return name and version of the packages that a data set was made from."""
    return [[found["package"], found["version"]] for found in about.notes.get("sets", [])]


def build_emoji_dataset(cache: Path, size_px: int, echo: Callable[[str], None]) -> Dataset:
    """Return the emoji data set at ``size_px``; ``cache`` keeps the npm packages."""
    import resvg_py  # noqa: F401  where it is not installed, nothing is fetched in vain

    emoji, icons = fetch_sets(cache, echo)
    meaning_of = meanings(emoji)
    licence_of = {emoji_set.style: emoji_set.licence for emoji_set in EMOJI_SETS}
    jobs = [
        (style, icon)
        for style, style_icons in icons.items()
        for icon in style_icons
        if icon.code_points in meaning_of
    ]
    concepts: dict[str, set[str]] = defaultdict(set)
    for _, icon in jobs:
        meaning = meaning_of[icon.code_points]
        concepts[meaning.category].add(meaning.concept)
    dropped = {c: len(found) for c, found in concepts.items() if len(found) < LEAST_CONCEPTS}
    for slug, count in dropped.items():
        echo(f"dropped {slug}: {count} concepts, fewer than {LEAST_CONCEPTS}")
    split_of = {slug: split_concepts(found) for slug, found in concepts.items()}
    jobs = [job for job in jobs if meaning_of[job[1].code_points].category not in dropped]

    pictures, records, blank = [], [], 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rendered = pool.map(
            render_icon, (icon.source for _, icon in jobs), [size_px] * len(jobs), chunksize=32
        )
        for (style, icon), picture in zip(
            jobs,
            tqdm(rendered, total=len(jobs), desc="rendering", unit="icon", disable=None),
            strict=True,
        ):
            if picture is None:
                blank += 1
                continue
            meaning = meaning_of[icon.code_points]
            pictures.append(picture)
            records.append(
                Record(
                    category=meaning.category,
                    style=style,
                    concept=meaning.concept,
                    origin=icon.code_points,
                    licence=licence_of[style],
                    split=split_of[meaning.category][meaning.concept],
                )
            )
    if blank:
        echo(f"left out {blank} drawings in which nothing is visible")
    per_style = Counter(record.style for record in records)
    labels = [label for label, _ in read_categories() if label.slug not in dropped]
    merged = {label.slug: gathered for label, gathered in read_categories() if len(gathered) > 1}
    for slug, gathered in merged.items():
        echo(f"merged into {slug}: {', '.join(gathered)}")
    return Dataset(
        name="emoji",
        size_px=size_px,
        categories=labels,
        styles=[emoji_set.style for emoji_set in EMOJI_SETS],
        pictures=np.stack(pictures),
        records=records,
        notes={
            "sets": [{**asdict(s), "pictures": per_style[s.style]} for s in EMOJI_SETS],
            "merged": merged,
            "dropped": dropped,
            "left_out_subcategories": left_out_subcategories(emoji),
        },
    )
