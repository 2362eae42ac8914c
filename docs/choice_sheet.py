"""Draws docs/choice.webp: left the first pictures of a category as seeds come, right as chosen.

python -m docs.choice_sheet

Every third category that the shipped model shows, parts aside, in its own order, with its finish:
nobody picked the categories or the pictures.
"""

from PIL import Image, ImageDraw

from bench.variety import as_chosen, as_they_come
from core.settings import PROJECT
from sources.registry import find_model, open_source
from sources.spec.finish import finished

EACH, CELL_PX, LABEL_PX, GAP_PX = 8, 64, 120, 16
DRAWN_PX = 256  # and then reduced
EVERY = 3
TARGET = PROJECT / "docs" / "choice.webp"


def main() -> None:
    """Draw and write it."""
    model = find_model(PROJECT / "models", "emoji")
    source = open_source(model, 1)
    shown = [category for category in model.categories if not (category.hidden or category.of)]
    shown = shown[::EVERY]
    width = LABEL_PX + 2 * EACH * CELL_PX + GAP_PX
    sheet = Image.new("RGB", (width, CELL_PX * len(shown)), "white")
    pen = ImageDraw.Draw(sheet)
    for row, category in enumerate(shown):
        top = row * CELL_PX
        pen.text((8, top + CELL_PX // 2), category.name, fill="black", anchor="lm")
        for side, of in enumerate((as_they_come, as_chosen)):
            left = LABEL_PX + side * (EACH * CELL_PX + GAP_PX)
            pictures = source.generate(category.label, of(model, category, EACH))
            for column, picture in enumerate(pictures):
                large = Image.fromarray(finished(picture, model.finish, DRAWN_PX)).convert("RGBA")
                small = large.resize((CELL_PX - 4, CELL_PX - 4), Image.Resampling.LANCZOS)
                sheet.paste(small, (left + column * CELL_PX + 2, top + 2), small)
    sheet.save(TARGET, quality=75, method=6)
    print(f"wrote docs/{TARGET.name}")


if __name__ == "__main__":
    main()
