"""What a finish does, as one sheet: docs/finish.webp.

python -m docs.finish_sheet

Columns are one seed in some categories, picked by nobody beyond that; above the generator's
picture enlarged, in the middle it finished, below the same on a dark ground.
"""

from PIL import Image

from core.settings import PROJECT
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from sources.spec.finish import finished

SLUGS = ("cat_face", "monster", "bird", "flower", "building", "vehicle", "tool")
CELL_PX = 256
DARK = (32, 34, 48)
TARGET = PROJECT / "docs" / "finish.webp"


def main() -> None:
    """Draw and write it."""
    model = find_model(PROJECT / "models", "emoji")
    source = open_source(model, 1)
    chosen = [c for c in model.categories if c.slug in SLUGS]
    sheet = Image.new("RGB", (CELL_PX * len(chosen), 3 * CELL_PX), "white")
    sheet.paste(DARK, (0, 2 * CELL_PX, sheet.width, sheet.height))
    for column, category in enumerate(chosen):
        drawn = draw(model, 3, model.truncations_of(category))
        picture = source.generate(category.label, [drawn])[0]
        enlarged = Image.fromarray(picture).resize((CELL_PX, CELL_PX), Image.Resampling.BICUBIC)
        sheet.paste(enlarged, (column * CELL_PX, 0))
        large = Image.fromarray(finished(picture, model.finish, CELL_PX))
        for row in (1, 2):
            sheet.paste(large, (column * CELL_PX, row * CELL_PX), large)
    sheet.save(TARGET, quality=88, method=6)


if __name__ == "__main__":
    main()
