"""Makes blind sheets of pictures for raters, and reads what they said.

    python -m bench.rating OUT before=FOLDER "chosen=--model emoji --samples 24" [--pictures 120]
    python -m bench.rating OUT --read anna.csv --read ben.csv

OUT/raters/ is what a rater gets: sheets of numbered pictures, walls of one category, and form.csv.
OUT/key.json says which fill each picture is of, and stays with who asks. For every picture raters
say what a visitor would see: a thing, something weird but fun, a blob, or something embarrassing;
for every wall, whether they would go on looking.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import click

from bench.rating.arms import Arm, BadRating, draw_pictures, draw_walls, open_arm
from bench.rating.figures import agreement_rows, embarrassing, header, rating_rows
from bench.rating.forms import KEY, make_key, parse_key, read_form, read_key, write_form, write_key
from bench.rating.sheets import write_sheets, write_wall
from bench.table import markdown
from core.commands import Command
from core.files import folder_written_whole

RATERS = "raters"


@click.command(cls=Command, help=__doc__ and __doc__.replace("\n\n    ", "\n\n    \b\n    "))
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("fills", nargs=-1, metavar="NAME=FOLDER|WORDS...")
@click.option(
    "--pictures",
    default=120,
    show_default=True,
    type=click.IntRange(1, 2000),
    help="Pictures of each fill.",
)
@click.option(
    "--walls",
    default=6,
    show_default=True,
    type=click.IntRange(0, 200),
    help="Categories of which each fill shows 20 pictures at a time.",
)
@click.option(
    "--category",
    "categories",
    multiple=True,
    metavar="SLUG",
    help="Of which to show walls, in the place of a draw; may be repeated.",
)
@click.option("--seed", default=0, show_default=True, help="Which pictures, and in which order.")
@click.option(
    "--read",
    "forms",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A form that was filled in; its name is the rater's. May be repeated.",
)
def main(
    out: Path, fills: tuple[str, ...], pictures: int, walls: int, categories: tuple[str, ...],
    seed: int, forms: tuple[Path, ...],
) -> None:  # fmt: skip
    """Make sheets, or read forms."""
    if bool(fills) == bool(forms):
        raise click.UsageError("name fills to make sheets of, or forms to --read")
    if forms:
        click.echo(read_ratings(out, forms))
        return
    arms = [open_arm(text, out / "stores") for text in fills]
    make_sheets(out, arms, pictures, list(categories), walls, seed)
    click.echo(f"give {out / RATERS} to raters, and keep {out / KEY} from them")


def make_sheets(
    out: Path, arms: Sequence[Arm], pictures: int, categories: list[str], walls: int, seed: int
) -> None:
    """Write raters/ and then key.json; what was made of an interrupted call is replaced.

    Raises `BadRating`.
    """
    names = [arm.name for arm in arms]
    if len(set(names)) != len(names):
        raise BadRating(f"two fills are called {max(names, key=names.count)}", "rename one")
    if (out / KEY).exists():
        raise BadRating(f"{out} holds sheets already", "name another folder, or delete that one")
    drawn = [each for arm in arms for each in draw_pictures(arm, pictures, seed)]
    shown = draw_walls(list(arms), categories, walls, seed) if walls or categories else []
    chance = random.Random(f"{seed} order")
    chance.shuffle(drawn)
    chance.shuffle(shown)
    out.mkdir(parents=True, exist_ok=True)
    with folder_written_whole(out / RATERS) as folder:
        write_sheets([each.path for each in drawn], folder)
        for number, wall in enumerate(shown, 1):
            title = wall.category.replace("_", " ")
            write_wall([each.path for each in wall.pictures], number, title, folder)
        key = make_key(names, drawn, shown)
        write_form(folder / "form.csv", parse_key(key))
    write_key(out, key)


def read_ratings(out: Path, forms: Sequence[Path]) -> str:
    """Return the tables of the forms, in Markdown. Raises `BadRating`."""
    key = read_key(out)
    said = {path.stem: read_form(path, key) for path in forms}
    if len(said) != len(forms):
        raise BadRating("two forms have one name", "call each after its rater: anna.csv, ben.csv")
    text = markdown(header(), rating_rows(key, said))
    if agreement := agreement_rows(key, said):
        columns = ["raters", "question", "items", "agree", "kappa"]
        text += "\n\n" + markdown(columns, agreement)
    missing = len(key.pictures) + len(key.walls)
    for rater, answers in said.items():
        if len(answers) < missing:
            text += f"\n\n{rater} left {missing - len(answers):,} of {missing:,} items out."
    if found := embarrassing(key, said):
        text += "\n\nEmbarrassing: " + "; ".join(found) + "."
    return text


if __name__ == "__main__":
    main()
