"""Drawings and picture files → square RGBA arrays of one size and one margin."""

import io

import numpy as np
from PIL import Image

MARGIN = 0.04  # of the side, on each side: styles differ in their margins, the data set does not


def render_icon(source: str | bytes, size_px: int) -> np.ndarray | None:
    """Return an icon as uint8 [size, size, 4] straight RGBA, or None when nothing is visible.

    ``source``: SVG text, rendered by resvg at twice the size, or the bytes of a picture file.
    """
    if isinstance(source, str):
        import resvg_py

        source = bytes(resvg_py.svg_to_bytes(svg_string=source, width=2 * size_px))
    with Image.open(io.BytesIO(source), formats=("PNG", "WEBP")) as image:
        return fit_visible(image.convert("RGBA"), size_px)


def fit_visible(image: Image.Image, size_px: int) -> np.ndarray | None:
    """Return the visible part of an RGBA image, centred, its longer side 1 - 2·MARGIN."""
    box = image.getchannel("A").point(lambda a: 255 if a > 8 else 0).getbbox()
    if box is None:
        return None
    visible = image.crop(box)
    inner = size_px * (1 - 2 * MARGIN)
    scale = inner / max(visible.size)
    width, height = (max(1, round(side * scale)) for side in visible.size)
    # Pillow resizes RGBA premultiplied, so invisible colours do not bleed in
    small = visible.resize((width, height), Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", (size_px, size_px), (0, 0, 0, 0))
    canvas.paste(small, ((size_px - width) // 2, (size_px - height) // 2))
    return np.asarray(canvas)
