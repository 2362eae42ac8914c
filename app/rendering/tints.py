"""The colours of a wall as sRGB, for what the server draws: `style.css` has them as OKLCH.

OKLCH → OKLab → linear sRGB → sRGB, as in CSS Color 4 (Ottosson, "A perceptual color space for image
processing", 2020). What a screen cannot show is clipped, channel by channel.
"""

import math
from functools import cache

from app.identity.contrast import channels
from app.identity.identity import Colours

Colour = tuple[int, int, int]  # sRGB, 0–255

# the hue of each tint in degrees, as .hue-0 to .hue-11 of style.css
HUES_DEG = (265, 295, 325, 355, 25, 55, 85, 115, 145, 175, 205, 235)
# lightness and chroma in the light, as the custom properties of style.css
_TOKENS = {
    "wall": (0.935, 0.03),
    "wall-high": (0.975, 0.016),
    "ink": (0.23, 0.045),
    "muted": (0.42, 0.045),
    "accent": (0.45, 0.15),
    "shade": (0.30, 0.07),
}


@cache
def colour(token: str, hue: int) -> Colour:
    """Return a token of style.css on the wall of a tint, 0–11."""
    lightness, chroma = _TOKENS[token]
    return oklch(lightness, chroma, HUES_DEG[hue])


def wall_colour(colours: Colours, hue: int) -> Colour:
    """Return the wall behind a picture of a tint, 0–11: the owner's, where site.toml has colours.

    Of an owner's two schemes it is the first: a picture's address does not say which page shows it.
    """
    if colours.palette is not None:
        return channels(colours.palette.wall)
    if colours.hue is not None:
        return oklch(*_TOKENS["wall"], colours.hue)
    return colour("wall", hue)


def oklch(lightness: float, chroma: float, hue_deg: float) -> Colour:
    """Return a colour of lightness 0–1 and chroma 0–0.4 as sRGB."""
    angle = math.radians(hue_deg)
    a, b = chroma * math.cos(angle), chroma * math.sin(angle)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _encoded(linear: float) -> int:
    linear = min(1.0, max(0.0, linear))
    value = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(value * 255)
