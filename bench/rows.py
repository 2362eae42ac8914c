"""The site over stores of very different size: requests a second, and the largest ÷ the smallest.

    python -m bench.rows [--seconds 2] [--rounds 3] [--rows 3600 --rows 100000 --rows 1000000]

The index holds that many rows, in 60 categories, and the store a file for each: hard links to one
picture a category, because the site looks whether a file is there. One Granian worker with one
blocking thread a store, all running at once; rounds go from store to store, figures are medians.
The texts of /seed/ differ from call to call, as wrk cannot, in ten thousand addresses that a Lua
script goes through; so do the cursors of /api/v1/images.
"""

import hashlib
import json
import os
import statistics
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import click

from bench.servers import Load, Server, granian, load, wrk_script
from bench.table import machine, markdown, note, versions
from core.settings import Settings, read_settings
from store.files.protocol import file_name
from store.index.database import open_engine, writing
from store.index.migrating import upgrade
from store.index.writes import NewImage, add_images, ensure_category

CATEGORIES = 60
TEXTS = 10_000
_AT_ONCE = 20_000  # rows a commit
_MOST_LINKS = 30_000  # to one file; ext4 allows 65,000


def fill(settings: Settings, rows: int) -> None:
    """Make an index of so many live pictures, and a name in the store for each."""
    engine = open_engine(settings, write=True)
    upgrade(engine)
    for number in range(CATEGORIES):
        slug = f"category_{number}"
        folder = settings.images_folder / slug
        folder.mkdir(parents=True)
        images = [_image(number, i) for i in range(rows // CATEGORIES)]
        for start in range(0, len(images), _MOST_LINKS):
            first, *others = (folder / image.file for image in images[start : start + _MOST_LINKS])
            first.write_bytes(b"a picture")
            for path in others:
                os.link(first, path)
        for start in range(0, len(images), _AT_ONCE):
            with writing(engine) as connection:
                known = ensure_category(connection, slug, slug)
                add_images(connection, known, images[start : start + _AT_ONCE])
    engine.dispose()


def _image(category: int, number: int) -> NewImage:
    sha256 = hashlib.sha256(f"{category} {number}".encode()).hexdigest()
    seed = category * 1_000_000 + number
    return NewImage(
        file_name(seed, sha256, "webp"), sha256, 9, 64, 64, "webp", sha256[:16], "bench/1",
        "0" * 64, seed, 0.5,
    )  # fmt: skip


def list_pages(url: str, most: int) -> list[str]:
    """Return addresses of pages of /api/v1/images from all over the first ``most``."""
    pages: list[str] = []
    address: str | None = "/api/v1/images?limit=30"
    while address is not None and len(pages) < most:
        pages.append(address)
        with urllib.request.urlopen(url + address, timeout=30) as answer:
            address = json.load(answer)["next"]
    return pages


@click.command()
@click.option("--seconds", default=2, show_default=True)  # wrk knows whole ones only
@click.option("--rounds", default=3, show_default=True)
@click.option("--rows", "sizes", multiple=True, type=int, default=[3600, 100_000, 1_000_000])
def main(seconds: int, rounds: int, sizes: tuple[int, ...]) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        servers: dict[int, Server] = {}
        scripts: dict[int, dict[str, Path]] = {}
        for rows in sizes:
            folder = Path(temporary) / str(rows)
            environ = {
                **{k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")},
                "NONESUCH_IMAGES_FOLDER": str(folder / "images"),
                "NONESUCH_INSTANCE_FOLDER": str(folder / "instance"),
                "NONESUCH_API_CALLS_PER_MINUTE": "0",
                "SECRET_KEY": "bench",
            }
            ours = {k: v for k, v in environ.items() if k.startswith(("NONESUCH_", "SECRET_"))}
            click.echo(f"filling a store of {rows:,} …", err=True)
            fill(read_settings(ours), rows)
            servers[rows] = stack.enter_context(granian("app.wsgi:app", environ))
            pages = list_pages(servers[rows].url, 100)
            texts = [f"/seed/text-{i}.webp" for i in range(TEXTS)]
            hats = [f"/c/category_7/seed/text-{i}/512.webp" for i in range(TEXTS)]
            scripts[rows] = {
                name: wrk_script(folder, str(number), addresses)
                for number, (name, addresses) in enumerate(
                    (
                        ("/", ["/"]),
                        ("/random.webp", ["/random.webp"]),
                        ("/random.webp?category=", ["/random.webp?category=category_7"]),
                        ("/seed/…", texts),
                        ("/c/<category>/seed/…", hats),
                        ("/c/<category>", [f"/c/category_{i}" for i in range(CATEGORIES)]),
                        ("/api/v1/images", pages),
                        ("/api/v1/images?category=", ["/api/v1/images?category=category_7"]),
                        ("/api/v1/random?n=12", ["/api/v1/random?n=12"]),
                    )
                )
            }
        lines = []
        for name in scripts[sizes[0]]:
            seen: dict[int, list[Load]] = {rows: [] for rows in sizes}
            for _ in range(rounds + 1):
                for rows in sizes:
                    script = str(scripts[rows][name])
                    seen[rows].append(load(servers[rows], "/", seconds, script=script))
            lines.append(line(name, {rows: loads[1:] for rows, loads in seen.items()}))
    click.echo(f"{machine()}; {versions('granian', 'flask', 'sqlalchemy')}")
    click.echo(f"{rounds} rounds of {seconds} s after one that does not count, medians\n")
    header = ["", *(f"{rows:,} rows, req/s" for rows in sizes), "largest ÷ smallest", "errors"]
    click.echo(markdown(header, lines))


def line(name: str, seen: dict[int, list[Load]]) -> list[str]:
    """Return a line of the table: medians, the median ratio within a round, errors."""
    smallest, largest = min(seen), max(seen)
    ratio = statistics.median(
        b.requests_per_s / a.requests_per_s
        for a, b in zip(seen[smallest], seen[largest], strict=True)
    )
    note(f"`{name}` at {largest:,} ÷ {smallest:,} rows, req/s", ratio)
    rates = [
        f"{statistics.median(a.requests_per_s for a in loads):,.0f}" for loads in seen.values()
    ]
    errors = sum(a.errors for loads in seen.values() for a in loads)
    return [f"`{name}`", *rates, f"{ratio:.2f}", str(errors)]


if __name__ == "__main__":
    main()
