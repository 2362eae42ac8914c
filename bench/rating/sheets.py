"""Numbered sheets: pictures on white, as large as a page shows them."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SHOWN_PX = 512  # of a page on a laptop's screen
TILE_PX = 256  # of a category's wall
COLUMNS, ROWS = 4, 3
WALL_COLUMNS = 5
_GAP_PX, _LINE_PX = 24, 40


def write_sheets(pictures: Sequence[Path], folder: Path) -> list[Path]:
    """Write sheets of 12 pictures, numbered from 1 on; return their files."""
    per_sheet = COLUMNS * ROWS
    written = []
    for first in range(0, len(pictures), per_sheet):
        some = pictures[first : first + per_sheet]
        numbers = [str(first + i + 1) for i in range(len(some))]
        path = folder / f"pictures-{first + 1:03}-{first + len(some):03}.png"
        _sheet(some, numbers, SHOWN_PX, COLUMNS).save(path, optimize=True)
        written.append(path)
    return written


def write_wall(pictures: Sequence[Path], number: int, title: str, folder: Path) -> Path:
    """Write the sheet of one wall; return its file."""
    sheet = _sheet(pictures, [""] * len(pictures), TILE_PX, WALL_COLUMNS)
    whole = Image.new("RGB", (sheet.width, sheet.height + 2 * _LINE_PX), "white")
    whole.paste(sheet, (0, 2 * _LINE_PX))
    _say(whole, (_GAP_PX, _LINE_PX), f"wall {number}: {title}")
    path = folder / f"wall-{number:02}.png"
    whole.save(path, optimize=True)
    return path


def shown(path: Path, side: int) -> Image.Image:
    """Return a picture on white, enlarged or reduced as a browser does it: RGB [side, side]."""
    with Image.open(path) as file:
        picture = file.convert("RGBA")
    if picture.size != (side, side):
        # colours of what cannot be seen must not come in at the edges
        picture = picture.convert("RGBa").resize((side, side), Image.Resampling.BICUBIC)
        picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def _sheet(
    pictures: Sequence[Path], numbers: Sequence[str], side: int, columns: int
) -> Image.Image:
    line = _LINE_PX if any(numbers) else 0
    wide, high = side + _GAP_PX, side + _GAP_PX + line
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * wide + _GAP_PX, rows * high + _GAP_PX), "white")
    for i, (path, number) in enumerate(zip(pictures, numbers, strict=True)):
        left, top = _GAP_PX + i % columns * wide, _GAP_PX + i // columns * high
        _say(sheet, (left, top + line // 2), number)
        sheet.paste(shown(path, side), (left, top + line))
    return sheet


def _say(sheet: Image.Image, place: tuple[int, int], text: str) -> None:
    font = ImageFont.load_default(_LINE_PX * 3 // 4)
    ImageDraw.Draw(sheet).text(place, text, fill="black", anchor="lm", font=font)
