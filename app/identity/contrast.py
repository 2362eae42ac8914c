"""Contrast of two colours by WCAG 2.2, and the colours that follow from three.

A colour is ``#rrggbb``, sRGB. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

import re

from app.identity.identity import Palette

AA = 4.5  # of texts of any size (WCAG 2.2, 1.4.3)
BLACK, WHITE = "#000000", "#ffffff"
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_STEPS = 50


def read_colour(text: str) -> str | None:
    """Return ``#rrggbb`` for ``#rgb`` or ``#rrggbb``; None for all else."""
    if not _HEX.fullmatch(text):
        return None
    digits = text[1:].lower()
    return f"#{digits}" if len(digits) == 6 else f"#{''.join(digit * 2 for digit in digits)}"


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours: 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """Return a colour with this share, 0 to 1, of the other."""
    pairs = zip(channels(one), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable(colour: str, *grounds: str) -> str:
    """Return the nearest mix with black or white that can be read on all grounds."""
    towards = max((BLACK, WHITE), key=lambda end: _least(end, grounds))
    mixes = (mix(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next((found for found in mixes if _least(found, grounds) >= AA), towards)


def palette_of(wall: str, ink: str, accent: str, muted: str = "") -> Palette:
    """Return a whole palette; what is not given can be read wherever ink can."""
    is_dark = contrast(wall, WHITE) > contrast(wall, BLACK)
    high = mix(wall, WHITE, 0.06 if is_dark else 0.5)
    softer = (mix(ink, wall, share / 100) for share in range(30, 0, -5))
    return Palette(
        wall=wall,
        wall_high=high,
        ink=ink,
        muted=muted or next((c for c in softer if _least(c, (wall, high)) >= AA), ink),
        accent=accent,
        on_accent=max((WHITE, BLACK), key=lambda end: contrast(end, accent)),
        is_dark=is_dark,
    )


def _least(colour: str, grounds: tuple[str, ...]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def channels(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0–255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = map(_linear, channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
