"""Draws docs/<model>-<version>.webp: uncurated pictures of every category, the first seeds of each.

python -m docs.grid [MODEL ...]

Of several models, such as emoji/1 and emoji/2, one picture is drawn, docs/emoji-1-emoji-2.webp: the
same seeds beside each other, every model in a column of its own, smaller where one makes larger
pictures.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from core.cpu import usable_cores
from core.errors import NonesuchError
from core.settings import read_settings
from pregen.planning.batches import seed_of
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw

SIDE_BY_SIDE = 2  # categories in a row
LABEL_PX = 150
OF_ONE, OF_SEVERAL = 8, 5  # pictures of a category


def draw_grid(names: Sequence[str], models_folder: Path) -> tuple[Image.Image, str]:
    """Return the picture and what to call it; the first seeds of each category, nothing left out.

    Categories are those of the first model. Raises `NonesuchError` where another has not all of
    them.
    """
    models = [find_model(models_folder, name) for name in names]
    count = OF_ONE if len(models) == 1 else OF_SEVERAL
    side = min(model.size_px for model in models)
    cell = side + 2
    column = count * cell + 8
    categories = models[0].categories
    block = LABEL_PX + column * len(models)
    rows = -(-len(categories) // SIDE_BY_SIDE)
    for model in models[1:]:
        if missing := {each.slug for each in categories} - {each.slug for each in model.categories}:
            raise NonesuchError(
                f"{model.name}/{model.version} knows no {min(missing)}, which {names[0]} has",
                "name models of the same categories",
            )
    canvas = Image.new("RGB", (block * SIDE_BY_SIDE, rows * cell), "white")
    pen = ImageDraw.Draw(canvas)
    for position, category in enumerate(categories):
        left, top = position % SIDE_BY_SIDE * block, position // SIDE_BY_SIDE * cell
        pen.text((left + 8, top + cell // 2), category.name, fill="black", anchor="lm")
    for place, model in enumerate(models):
        source = open_source(model, usable_cores())
        known = {category.slug: category for category in model.categories}
        for position, category in enumerate(categories):
            left, top = position % SIDE_BY_SIDE * block, position // SIDE_BY_SIDE * cell
            left += LABEL_PX + place * column
            seeds = [seed_of(0, position, number) for number in range(count)]
            draws = [
                draw(model, seed, model.truncations_of(known[category.slug])) for seed in seeds
            ]
            label = known[category.slug].label
            pictures = [
                picture
                for first in range(0, count, source.batch)
                for picture in source.generate(label, draws[first : first + source.batch])
            ]
            for number, picture in enumerate(pictures):
                shown = Image.fromarray(np.ascontiguousarray(picture)).convert("RGB")
                if shown.width != side:
                    shown = shown.resize((side, side), Image.Resampling.LANCZOS)
                canvas.paste(shown, (left + number * cell, top))
    return canvas, "-".join(f"{model.name}-{model.version}" for model in models)


def main() -> int:
    try:
        canvas, label = draw_grid(sys.argv[1:] or ["emoji"], read_settings({}).models_folder)
    except NonesuchError as error:
        print(error, file=sys.stderr)
        return 1
    path = Path(__file__).with_name(f"{label}.webp")
    canvas.save(path, "WEBP", quality=50, method=6)
    print(f"wrote docs/{path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
