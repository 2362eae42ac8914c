"""Draws docs/fill.webp: what a visitor of a new site meets, one picture of every category.

python -m docs.fill_sheet

Which of a category's first 60 chosen pictures comes is drawn, as the site draws it: nobody picked.
"""

import random

from PIL import Image

from bench.variety import as_chosen
from core.settings import PROJECT
from sources.registry import find_model, open_source
from sources.spec.finish import finished

SAMPLES, COLUMNS, CELL_PX = 60, 10, 96
TARGET = PROJECT / "docs" / "fill.webp"


def main() -> None:
    """Draw and write it."""
    model = find_model(PROJECT / "models", "emoji")
    source, chance = open_source(model, 1), random.Random(0)
    shown = [category for category in model.categories if not category.hidden]
    chance.shuffle(shown)
    rows = -(-len(shown) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * CELL_PX, rows * CELL_PX), "white")
    for place, category in enumerate(shown):
        drawn = chance.choice(as_chosen(model, category, SAMPLES))
        picture = source.generate(category.label, [drawn])[0]
        large = Image.fromarray(finished(picture, model.finish)).convert("RGBA")
        small = large.resize((CELL_PX - 8, CELL_PX - 8), Image.Resampling.LANCZOS)
        row, column = divmod(place, COLUMNS)
        sheet.paste(small, (column * CELL_PX + 4, row * CELL_PX + 4), small)
    sheet.save(TARGET, quality=80, method=6)
    print(f"wrote docs/{TARGET.name}")


if __name__ == "__main__":
    main()
