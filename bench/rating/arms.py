"""The fills that are compared, and the pictures drawn from each; nobody picks any."""

import os
import random
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from core.errors import NonesuchError
from core.slugs import check_known
from store.files.folder import PictureFolder

PER_WALL = 20


class BadRating(NonesuchError):
    """Fills, forms or words that no rating can be made of."""


@dataclass(frozen=True)
class Arm:
    """One of the fills: a folder of pictures by category."""

    name: str
    folder: Path


@dataclass(frozen=True)
class Drawn:
    """One picture of an arm."""

    arm: str
    category: str
    path: Path


@dataclass(frozen=True)
class Wall:
    """`PER_WALL` pictures of one category of an arm."""

    arm: str
    category: str
    pictures: tuple[Drawn, ...]


def open_arm(text: str, made: Path) -> Arm:
    """Return the fill that ``name=folder`` or ``name=words of flask pregen`` means.

    Of words the pictures are made, below ``made``, or those of an earlier call are taken. Raises
    `BadRating`.
    """
    name, equals, what = text.partition("=")
    if not (equals and name.strip() and what.strip()):
        raise BadRating(
            f"{text!r} names no fill",
            'write for example: before=images, or: "chosen=--model emoji --samples 24"',
        )
    folder = Path(what).expanduser()
    if what.lstrip().startswith("-"):
        folder = _fill(shlex.split(what), made / name)
    elif not folder.is_dir():
        raise BadRating(
            f"{name}: there is no folder {folder}",
            'name an images folder, or give words of flask pregen: "before=--model emoji"',
        )
    return Arm(name, folder)


def _fill(words: list[str], home: Path) -> Path:
    """Run `flask pregen` over a store of its own; what is there is not made again."""
    own = {
        "NONESUCH_IMAGES_FOLDER": str(home / "images"),
        "NONESUCH_INSTANCE_FOLDER": str(home / "instance"),
    }
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "STORE_URL")}
    command = [sys.executable, "-m", "flask", "pregen", *words]
    done = subprocess.run(command, env={**kept, **own}, check=False)
    if done.returncode:
        raise BadRating(f"{home.name}: flask pregen failed", "see above")
    return home / "images"


def draw_pictures(arm: Arm, count: int, seed: int) -> list[Drawn]:
    """Return pictures as the site draws them: a category by chance, then one of its pictures.

    None comes twice. Raises `BadRating` where there are fewer than ``count``.
    """
    chance = random.Random(f"{seed} {arm.name}")
    left = {slug: sorted(paths) for slug, paths in _files(arm).items()}
    if (there := sum(map(len, left.values()))) < count:
        raise BadRating(
            f"{arm.name} has {there:,} pictures, not {count:,}", f"ask for less: --pictures {there}"
        )
    drawn: list[Drawn] = []
    while len(drawn) < count:
        slug = chance.choice(sorted(left))
        path = left[slug].pop(chance.randrange(len(left[slug])))
        drawn.append(Drawn(arm.name, slug, path))
        if not left[slug]:
            del left[slug]
    return drawn


def draw_walls(arms: list[Arm], categories: list[str], count: int, seed: int) -> list[Wall]:
    """Return a wall of each category for each arm, its pictures drawn by chance.

    ``categories``: which; by default ``count`` of those that all arms have, by chance. Raises
    `BadRating` and `UnknownSlug`.
    """
    files = {arm.name: _files(arm) for arm in arms}
    common = sorted(
        slug
        for slug in files[arms[0].name]
        if all(len(of.get(slug, ())) >= PER_WALL for of in files.values())
    )
    for slug in categories:
        check_known(slug, common, f"category with {PER_WALL} pictures in every fill")
    if len(common) < count and not categories:
        raise BadRating(
            f"{len(common)} categories have {PER_WALL} pictures in every fill, not {count}",
            f"fill more, or ask for fewer: --walls {len(common)}",
        )
    chosen = categories or random.Random(f"{seed} walls").sample(common, count)
    walls = []
    for slug in chosen:
        for arm in arms:
            chance = random.Random(f"{seed} {arm.name} {slug}")
            paths = chance.sample(sorted(files[arm.name][slug]), PER_WALL)
            pictures = tuple(Drawn(arm.name, slug, path) for path in paths)
            walls.append(Wall(arm.name, slug, pictures))
    return walls


def _files(arm: Arm) -> dict[str, list[Path]]:
    """Return category → its pictures."""
    found: dict[str, list[Path]] = {}
    for stored in PictureFolder(arm.folder).walk():
        found.setdefault(stored.category, []).append(arm.folder / stored.category / stored.file)
    if not found:
        raise BadRating(f"{arm.name}: {arm.folder} holds no pictures", "fill it: flask pregen")
    return found
