"""evaluation.json as tables, for a terminal and for a model card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NONE = "too few"
SHOWN = ("kernel", "frechet", "precision", "recall", "density", "coverage")


@dataclass(frozen=True)
class FigureTable:
    """A title, what it says, and cells."""

    title: str
    note: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def aligned(table: FigureTable) -> str:
    """Return a table as aligned text for a terminal."""
    widths = [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
    lines = [table.title]
    for row in (table.head, *table.rows):
        first, *rest = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *rest]))
    return "\n".join(lines)


def number(value: float | None, form: str = ".3f") -> str:
    return NONE if value is None else format(value, form)


def tables(figures: Mapping[str, Any]) -> list[FigureTable]:
    """Return the tables of an evaluation."""
    found = [distance_table(space) for space in figures["distances"]]
    if "read" in figures:
        found += [reading_table(figures), category_table(figures)]
    return [*found, telling_table(figures), copying_table(figures)]


def distance_table(space: Mapping[str, Any]) -> FigureTable:
    rows = []
    for row in space["rows"]:
        spread = row.get("spread") or {}

        def cell(key: str, row: Any = row, spread: Any = spread) -> str:
            form = ".4f" if key in ("kernel", "frechet") else ".2f"
            around = spread.get(key)
            if around is None and key == "kernel":
                around = row["kernel_error"]
            shown = number(row[key], form)
            return shown if around is None or row[key] is None else f"{shown} ± {around:{form}}"

        rows.append([row["pictures"], f"{row['n']:,}", *(cell(key) for key in SHOWN)])
    against = space["rows"][0]["against"]
    several = any(row.get("spread") for row in space["rows"])
    return FigureTable(
        f"Against held-out pictures, features of {space['space']}",
        f"{against:,} held-out pictures, each set of the same composition by category, shown to "
        f"the network at {space['input_px']} px. Kernel distance: unbiased MMD², kernel "
        "(x·y/D + 1)³, features centred and scaled by the training pictures'. Fréchet distance: "
        "in up to 64 principal components of the training pictures, in units of their variance; "
        "not an FID. Precision, recall, density and coverage with 5 neighbours. "
        + ("±: deviation between networks." if several else "±: standard error."),
        ["pictures", "n", *SHOWN],
        rows,
    )


def reading_table(figures: Mapping[str, Any]) -> FigureTable:
    rows = [
        ["real", row["pictures"], f"{row['n']:,}", f"{row['top1']:.1%}", f"{row['top5']:.1%}"]
        for row in figures["read"]
    ]
    by_generated = figures["read_by_generated"]
    shown = f"{by_generated['top1']:.1%}", f"{by_generated['top5']:.1%}"
    rows.append(["generated", by_generated["pictures"], f"{by_generated['n']:,}", *shown])
    rows += [
        [
            f"{row['trained_on'].removesuffix(' pictures')}, linear",
            row["pictures"],
            f"{row['n']:,}",
            f"{row['top1']:.1%}",
            f"{row['top5']:.1%}",
        ]
        for row in figures["read_linear"]
    ]
    shares = figures["of_held_out"]
    return FigureTable(
        "Does the category show?",
        f"Which of {figures['categories']} categories a classifier reads (by chance "
        f"{figures['chance']:.1%}). Held-out pictures are of concepts that nothing was trained on, "
        "in any style. A reader is a small network together with a linear reader of features of "
        f"{figures['judge']}, trained on real or on generated pictures alone; below, linear "
        "readers by themselves. Of the first one's share on held-out pictures, generated "
        f"pictures reach {number(shares['generated'], '.2f')}, and one that is trained on "
        f"generated ones alone reaches {number(shares['by_generated'], '.2f')}.",
        ["trained on", "pictures", "n", "right", "among the first five"],
        rows,
    )


def category_table(figures: Mapping[str, Any]) -> FigureTable:
    rows = []
    for slug, read in figures["right_per_category"].items():
        overlap = figures["per_category"][slug]
        made, floor = overlap["generated"], overlap["floor"]
        cells = [slug, str(read["generated"]["n"]), number(read["generated"]["right"], ".0%")]
        cells += [str(read["held_out"]["n"]), number(read["held_out"]["right"], ".0%")]
        cells.append(str(overlap["n"]))
        for key in SHOWN[2:]:
            if made is None or floor is None:
                cells.append(NONE)
            else:
                cells.append(f"{made[key]:.2f} / {floor[key]:.2f}")
        rows.append(cells)
    return FigureTable(
        "By category",
        "Right: as read above, of n generated and n held-out pictures. Precision, recall, density "
        "and coverage: m generated pictures / m of one half of the training pictures (the floor), "
        "against m of the other half; no concept is in both halves. Features of "
        f"{figures['judge']}, 5 neighbours.",
        ["category", "n", "right", "n held out", "right", "m", *SHOWN[2:]],
        rows,
    )


def telling_table(figures: Mapping[str, Any]) -> FigureTable:
    return FigureTable(
        "Real or generated?",
        "How often a classifier, trained on one half, tells the other half right: 50% would be "
        f"perfect. By features: a linear reader of {figures['judge']}'s. By pixels: a small "
        "convolutional network.",
        ["pictures", "told from", "n trained on", "n read", "by features", "by pixels"],
        [
            [
                row["pictures"],
                f"{row['from']} pictures",
                f"{row['n']:,}",
                f"{row['read']:,}",
                number(row["by_features"], ".1%"),
                number(row["by_pixels"], ".1%"),
            ]
            for row in figures["real_or_generated"]
        ],
    )


def copying_table(figures: Mapping[str, Any]) -> FigureTable:
    found = figures["copying"]
    rows = [
        [
            name,
            f"{found[name]['generated']:.4f}",
            f"{found[name]['generated_n']:,}",
            f"{found[name]['held_out']:.4f}",
            f"{found[name]['control']:.4f}",
            f"{found[name]['held_out_n']:,}",
            f"{found[name]['near']:.1%}",
        ]
        for name in ("features", "pixels")
    ]
    verdict = "Too many are: it copies." if found["copies"] else "No more are: it does not copy."
    return FigureTable(
        "Copying",
        f"Features of {figures['judge']}. Median distance to the nearest training picture, "
        "mirrored or not, and that of held-out pictures and of the same corrupted (what is "
        "blurred is near to everything, above all in pixels). Very near: nearer to a training "
        "picture than 99 of 100 held-out ones are; 1% is expected. "
        f"{verdict}",
        ["distance in", "generated", "n", "held-out", "corrupted", "n of both", "very near"],
        rows,
    )
