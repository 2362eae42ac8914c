"""`flask models report`: parse, call, echo."""

import dataclasses
import json

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command


@click.command("report", cls=Command)
@click.option("--categories", default=None, metavar="SLUG,SLUG", help="Only these.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
@with_appcontext
def report(categories: str | None, as_json: bool) -> None:
    """Say how each category fares in the index.

    Pictures, rejected ones, near-duplicates (perceptual hashes within 4 bits, all but one of each
    group), diversity (share of hash bits in which two pictures differ, 0 to 0.5), and the range
    of truncation: the pictures' own, or where the rejected or repeated ones prove a better one,
    that, with the reason.
    """
    from store.curation.report import report as report_all
    from store.index.category_names import find_slugs
    from store.index.database import check_revision, open_engine

    engine = open_engine(current_app.extensions["settings"])
    check_revision(engine)
    slugs = None
    with engine.connect() as connection:
        if categories is not None:
            words = [word.strip() for word in categories.split(",") if word.strip()]
            slugs = find_slugs(connection, words)
        if not as_json:
            click.echo(
                f"{'category':<28}{'pictures':>9}{'rejected':>9}{'missing':>8}{'alike':>7}"
                f"{'diversity':>10}  truncation"
            )
        totals = [0, 0, 0, 0]
        for each in report_all(connection, slugs):
            if as_json:
                click.echo(json.dumps(dataclasses.asdict(each)))
                continue
            figures = (each.pictures, each.rejected, each.missing, each.near_duplicates)
            totals = [total + figure for total, figure in zip(totals, figures, strict=True)]
            diversity = "" if each.diversity is None else f"{each.diversity:.2f}"
            click.echo(
                f"{each.slug + (' (off)' if each.off else ''):<28}{each.pictures:>9,}"
                f"{each.rejected:>9,}{each.missing:>8,}{each.near_duplicates:>7,}{diversity:>10}  "
                f"{_truncation(each.truncations, each.suggested, each.reason)}"
            )
        if not as_json:
            click.echo(f"{'all':<28}{totals[0]:>9,}{totals[1]:>9,}{totals[2]:>8,}{totals[3]:>7,}")


def _truncation(
    drawn: tuple[float, float] | None, suggested: tuple[float, float] | None, reason: str
) -> str:
    if drawn is None:
        return "unknown"
    if suggested is None:
        return f"{drawn[0]:.2f}:{drawn[1]:.2f}"
    return (
        f"{suggested[0]:.2f}:{suggested[1]:.2f} instead of {drawn[0]:.2f}:{drawn[1]:.2f} ({reason})"
    )
