"""Draws docs/<model>-<version>.webp: uncurated pictures of every category, the first seeds of each.

python -m docs.grid [MODEL]
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pregen.filling import generator_threads
from pregen.plan import seed_of
from sources.latents import draw
from sources.registry import find_model, open_source
from store.settings import read_settings

SIDE_BY_SIDE = 2  # categories in a row
LABEL_PX = 150


def draw_grid(name: str, models_folder: Path) -> tuple[Image.Image, str]:
    """Return the picture and the model's label; one batch of each category, nothing left out."""
    model = find_model(models_folder, name)
    source = open_source(model, generator_threads())
    cell = model.size_px + 2
    block = LABEL_PX + source.batch * cell
    rows = -(-len(model.categories) // SIDE_BY_SIDE)
    canvas = Image.new("RGB", (block * SIDE_BY_SIDE, rows * cell), "white")
    pen = ImageDraw.Draw(canvas)
    for position, category in enumerate(model.categories):
        left, top = position % SIDE_BY_SIDE * block, position // SIDE_BY_SIDE * cell
        pen.text((left + 8, top + cell // 2), category.name, fill="black", anchor="lm")
        seeds = [seed_of(0, position, number) for number in range(source.batch)]
        draws = [draw(model, seed, model.truncation.default) for seed in seeds]
        for number, picture in enumerate(source.generate(category.label, draws)):
            shown = Image.fromarray(np.ascontiguousarray(picture)).convert("RGB")
            canvas.paste(shown, (left + LABEL_PX + number * cell, top))
    return canvas, f"{model.name}-{model.version}"


def main() -> int:
    canvas, label = draw_grid(
        sys.argv[1] if len(sys.argv) > 1 else "emoji", read_settings({}).models_folder
    )
    path = Path(__file__).with_name(f"{label}.webp")
    canvas.save(path, "WEBP", quality=80, method=6)
    print(f"wrote docs/{path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
