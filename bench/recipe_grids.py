"""Draws what the recipes of `bench.recipes` have learned, two rows each: docs/recipes.webp.

python -m bench.recipe_grids FILE [--only emoji]
"""

from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw

from bench.recipes import RECIPES
from core.settings import read_settings

COLUMNS, ROWS = 14, 2
LABEL_PX = 110
SEED = 7


def drawn(run: Path, datasets: Path, count: int) -> np.ndarray:
    """Return uncurated pictures of a run, uint8 [N, H, W, 3], of all categories in turn."""
    from gan.methods.trained import read_trained
    from gan.networks.generator import all_inputs, draw_latents, width_of
    from gan.pixels import on_white, to_uint8

    trained = read_trained(run, datasets, click.echo)
    spec, random = trained.networks, np.random.RandomState(SEED)
    categories = max(1, width_of(spec, "category"))
    labels = {
        "category": np.linspace(0, categories - 1, count).round().astype(int),
        "choice": random.choice(trained.styles, count),
    }
    latents = draw_latents(spec.inputs, count, random, cut=None)
    given = all_inputs(spec.inputs, latents, labels, np.ones(count))
    levels = to_uint8(np.asarray(spec.picture(trained.generator, given), np.float32))
    return on_white(levels) if levels.shape[-1] == 4 else levels


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--only", multiple=True, type=click.Choice(list(RECIPES)))
def main(file: Path, only: tuple[str, ...]) -> None:
    """Write the picture."""
    from core.packages import import_tensorflow
    from gan.runs.folders import run_folder

    import_tensorflow()
    home = read_settings({}).home
    strips = []
    for name in only or RECIPES:
        pictures = drawn(run_folder(home, f"table-{name}"), home / "datasets", COLUMNS * ROWS)
        cell = pictures.shape[1] + 2
        strip = Image.new("RGB", (LABEL_PX + COLUMNS * cell, ROWS * cell + 8), "white")
        ImageDraw.Draw(strip).text((6, cell), name, fill="black", anchor="lm")
        for number, picture in enumerate(pictures):
            place = (LABEL_PX + number % COLUMNS * cell, number // COLUMNS * cell)
            strip.paste(Image.fromarray(picture), place)
        strips.append(strip)
    sheet = Image.new("RGB", (max(s.width for s in strips), sum(s.height for s in strips)), "white")
    for number, strip in enumerate(strips):
        sheet.paste(strip, (0, sum(s.height for s in strips[:number])))
    sheet.save(file, "WEBP", quality=80, method=6)
    click.echo(f"wrote {file}")


if __name__ == "__main__":
    main()
