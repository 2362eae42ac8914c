"""What the commands of `flask gan` share: their options."""

import click
from flask import current_app

from core.settings import Settings


def settings() -> Settings:
    """Return the application's settings."""
    found: Settings = current_app.extensions["settings"]
    return found


def power_of_two(_: click.Context, __: click.Parameter, value: int) -> int:
    """Refuse a size that no network reaches: they double from 4 px."""
    if value & (value - 1):
        below = 1 << (value.bit_length() - 1)
        raise click.BadParameter(f"{value} is no power of two; take {below} or {2 * below}.")
    return value


size_option = click.option(
    "--size",
    "size_px",
    type=click.IntRange(8, 512),
    default=64,
    show_default=True,
    callback=power_of_two,
    help="Width and height of the pictures in pixels, a power of two.",
)
replace_option = click.option("--replace", is_flag=True, help="Make it anew where it exists.")
reference_data_option = click.option(
    "--dataset",
    "dataset_name",
    help="Judge against this data set, at its size.  [default: the run's]",
)
mirror_option = click.option(
    "--mirror",
    is_flag=True,
    help="Store each picture's mirror image too. Recipes mirror half of what they draw anyway: "
    "flask gan train --set no_mirror=* mirrors none.",
)
rotations_option = click.option(
    "--rotations",
    type=click.IntRange(0, 32),
    default=0,
    show_default=True,
    help="Add this many copies of each picture, turned by up to 15 degrees on the background.",
)
fit_option = click.option(
    "--fit",
    type=click.Choice(["pad", "crop"]),
    default="pad",
    show_default=True,
    help="Make pictures square by adding background, or by cutting off.",
)
