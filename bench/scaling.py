"""The tables of docs/scaling.md, from what was measured and from prices that may be changed here.

    python -m bench.pick --json figures.json
    python -m bench.scaling figures.json

Nothing is measured by this: figures of time are of two cores of a Xeon at 2.5 GHz
(docs/benchmarks.md has newer ones), sizes of rows are those of `bench.pick`, prices are assumptions
with a date. Rows beyond those measured are a model of the index, which says how well it foretold
the largest size that was measured from those below.
"""

import json
import math
from pathlib import Path
from typing import Any

import click

from bench.table import markdown

PICTURES = 100_000_000
REQUESTS_PER_S = 10_000
CATEGORIES = 60  # that emoji/3 shows

# name → value, unit, where it is from
MEASURED: dict[str, tuple[float, str, str]] = {
    "picture": (25_272, "bytes, WebP of 512 px", "mean of 180 pictures of emoji/3"),
    "page": (475e-6, "s CPU, `/`", "2 cores of a Xeon"),
    "picture_by_site": (50e-6, "s CPU, `/images/…` by the site, 1.4 kB", "2 cores of a Xeon"),
    "picture_by_nginx": (10e-6, "s CPU, a file of 1.4 kB by nginx", "tried on the same machine"),
    "page_bytes": (1197 + 537, "bytes, `/` compressed, with headers", "counted"),
    "worker": (62e6, "bytes of memory a worker", "2 cores of a Xeon"),
}  # fmt: skip

# assumptions, November 2026, US dollars; list prices of large clouds rounded: put in your own
PRICES: dict[str, tuple[float, str]] = {
    "core_hour": (0.04, "one core for an hour, on demand"),
    "bucket_gb_month": (0.023, "a GB in a bucket for a month"),
    "bucket_put": (5e-6, "one PUT"),
    "bucket_get": (4e-7, "one GET"),
    "egress_gb": (0.09, "a GB to visitors, from a cloud"),
    "cdn_gb": (0.01, "a GB to visitors, from a CDN that charges little"),
    "disk_gb_month": (0.08, "a GB of SSD for a month"),
}
BUSY = 0.5  # how busy cores may be, so that queues stay short
PAGE_BYTES = {"sqlite": 4096, "postgresql": 8192}
CACHED_SHARE = 0.9  # of pictures that a CDN or browsers hold: an assumption


def fitted(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Return a and b of y = a + b · log10(x), by least squares."""
    xs = [math.log10(x) for x, _ in points]
    mean_x, mean_y = sum(xs) / len(xs), sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x in xs)
    slope = sum((x - mean_x) * (y - mean_y) for x, (_, y) in zip(xs, points, strict=True)) / spread
    return mean_y - slope * mean_x, slope


def levels(rows: float, page: int) -> int:
    """Return how many pages a pick reads: the B-tree of (category, ordinal), and the row's own.

    Pages of the tree hold some 24 bytes a row and are filled to nine tenths.
    """
    fanout = page * 0.9 / 24
    return max(1, math.ceil(math.log(rows) / math.log(fanout))) + 1


def index_table(figures: list[dict[str, Any]]) -> str:
    """Return sizes and picks, measured and for 100 million rows."""
    lines = []
    for database in sorted({f["database"] for f in figures}):
        own = sorted((f for f in figures if f["database"] == database), key=lambda f: f["rows"])
        smallest, largest = own[0], own[-1]
        points = [(f["rows"], f["median_us"]) for f in own]
        a, b = fitted(points)
        for f in own:
            lines.append(
                _index_line(database, f["rows"], f, f["median_us"] / smallest["median_us"])
            )
        each = {k: largest[k] / largest["rows"] for k in ("bytes_table", "bytes_indexes")}
        b = max(b, 0.0)  # a smaller index is not slower: what says so is noise
        ratio = (a + b * math.log10(PICTURES)) / smallest["median_us"]
        model = {k: v * PICTURES for k, v in each.items()}
        lines.append(_index_line(f"{database}, model", PICTURES, model, ratio))
        if len(own) > 2:
            c, d = fitted(points[:-1])
            foretold = c + d * math.log10(largest["rows"])
            lines[-2].append(f"{foretold / smallest['median_us']:.2f}")
    width = max(len(line) for line in lines)
    header = ["", "rows", "table, GB", "indexes, GB", "bytes a row", "pages a look-up",
              "pick ÷ smallest", "as the others foretell it"]  # fmt: skip
    return markdown(header[:width], [line + [""] * (width - len(line)) for line in lines])


def _index_line(name: str, rows: int, f: dict[str, Any], ratio: float) -> list[str]:
    total = f["bytes_table"] + f["bytes_indexes"]
    page = PAGE_BYTES[name.partition(",")[0]]
    return [
        name, f"{rows:,}", f"{f['bytes_table'] / 1e9:.2f}", f"{f['bytes_indexes'] / 1e9:.2f}",
        f"{total / rows:.0f}", str(levels(rows, page)), f"{ratio:.2f}",
    ]  # fmt: skip


def _value(name: str) -> float:
    return MEASURED[name][0]


def _price(name: str) -> float:
    return PRICES[name][0]


def sizes_table(index_bytes_a_row: float) -> str:
    """Return what 100 million pictures take."""
    raw = PICTURES * _value("picture")
    blocks = PICTURES * math.ceil(_value("picture") / 4096) * 4096
    rows = [
        ["pictures, as bytes (a bucket)", f"{raw / 1e9:,.0f} GB"],
        ["pictures, as files of 4 KiB blocks, and 256 bytes of inode each",
         f"{(blocks + PICTURES * 256) / 1e9:,.0f} GB"],
        ["index in PostgreSQL", f"{PICTURES * index_bytes_a_row / 1e9:,.0f} GB"],
        ["of which a pick touches: B-tree of (category, ordinal), about 30 bytes a row",
         f"{PICTURES * 30 / 1e9:,.0f} GB"],
        [f"files a folder, {CATEGORIES} categories", f"{PICTURES / CATEGORIES:,.0f}"],
    ]  # fmt: skip
    return markdown(["", "at 100 million pictures"], rows)


def serving_table() -> str:
    """Return what 10,000 pages a second take, each with one picture."""
    pages = REQUESTS_PER_S * _value("page")
    rows = [
        ["cores for pages", f"{pages:.1f} busy, {pages / BUSY:.0f} to have"],
        ["memory of as many workers", f"{pages / BUSY * _value('worker') / 1e6:,.0f} MB"],
        ["cores for pictures, by nginx", f"{REQUESTS_PER_S * _value('picture_by_nginx'):.1f}"],
        ["cores for pictures, by the site", f"{REQUESTS_PER_S * _value('picture_by_site'):.1f}"],
        ["to visitors, pages", f"{REQUESTS_PER_S * _value('page_bytes') * 8 / 1e6:,.0f} Mbit/s"],
        ["to visitors, pictures", f"{REQUESTS_PER_S * _value('picture') * 8 / 1e6:,.0f} Mbit/s"],
        ["random picks", f"{REQUESTS_PER_S:,} a second"],
    ]
    return markdown(["", "at 10,000 pages a second"], rows)


def costs_table(index_bytes_a_row: float) -> str:
    """Return dollars per million pictures."""
    million = 1e6
    gb = million * _value("picture") / 1e9
    index_gb = million * index_bytes_a_row / 1e9
    page = million * _value("page") / BUSY / 3600 * _price("core_hour")
    both_gb = million * (_value("picture") + _value("page_bytes")) / 1e9
    not_cached = million * (1 - CACHED_SHARE) * _price("bucket_get")
    rows = [
        ["put into a bucket", f"{million * _price('bucket_put'):.3f}"],
        ["kept there for a month", f"{gb * _price('bucket_gb_month'):.3f}"],
        ["their rows on SSD for a month", f"{index_gb * _price('disk_gb_month'):.3f}"],
        ["pages served with one picture each: cores", f"{page:.3f}"],
        ["  and bytes, from a cloud", f"{both_gb * _price('egress_gb'):.3f}"],
        ["  or from a cheap CDN", f"{both_gb * _price('cdn_gb'):.3f}"],
        [f"  and GETs, {CACHED_SHARE:.0%} answered by a CDN", f"{not_cached:.3f}"],
    ]
    return markdown(["a million", "US dollars"], rows)


def inputs_tables() -> str:
    measured = [[n, f"{v:.4g}", unit, source] for n, (v, unit, source) in MEASURED.items()]
    prices = [[n, f"{v:g}", about] for n, (v, about) in PRICES.items()]
    return (
        markdown(["figure", "value", "unit", "from"], measured)
        + "\n\n"
        + markdown(["assumption", "US dollars", "of"], prices)
    )


@click.command()
@click.argument("figures", type=click.Path(exists=True, path_type=Path))
def main(figures: Path) -> None:
    """Print the tables, from what `bench.pick --json` wrote."""
    known = json.loads(figures.read_text(encoding="utf-8"))
    own = [f for f in known if f["database"] == "postgresql"] or known
    largest = max(own, key=lambda f: f["rows"])
    each = (largest["bytes_table"] + largest["bytes_indexes"]) / largest["rows"]
    for table in (
        index_table(known), sizes_table(each), serving_table(), costs_table(each), inputs_tables(),
    ):  # fmt: skip
        click.echo(table + "\n")


if __name__ == "__main__":
    main()
