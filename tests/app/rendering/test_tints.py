"""The server's colours are those of the style sheet."""

import re

import pytest

from app.rendering.tints import HUES_DEG, colour, oklch
from core.settings import PROJECT

STYLES = (PROJECT / "app/static/style.css").read_text(encoding="utf-8")
LIGHT = STYLES.partition("@media")[0]


@pytest.mark.parametrize(
    ("values", "srgb"),
    [  # examples of CSS Color 4, and the corners of sRGB
        ((0.40101, 0.12332, 21.555), (125, 35, 41)),
        ((0.51975, 0.17686, 142.495), (0, 128, 0)),
        ((0.62796, 0.25768, 29.234), (255, 0, 0)),
        ((1.0, 0.0, 0.0), (255, 255, 255)),
        ((0.0, 0.0, 0.0), (0, 0, 0)),
    ],
)
def test_known_colours(values: tuple[float, float, float], srgb: tuple[int, int, int]) -> None:
    assert all(abs(a - b) <= 1 for a, b in zip(oklch(*values), srgb, strict=True))


def test_hues_are_those_of_the_style_sheet() -> None:
    found = dict(re.findall(r"\.hue-(\d+) \{ --hue: (\d+) \}", STYLES))
    assert tuple(int(found[str(number)]) for number in range(12)) == HUES_DEG


@pytest.mark.parametrize("token", ["wall", "wall-high", "ink", "muted", "accent", "shade"])
def test_lightness_and_chroma_are_those_of_the_style_sheet(token: str) -> None:
    match = re.search(rf"--{token}: oklch\(([\d.]+)% ([\d.]+) var\(--hue\)", LIGHT)
    assert match is not None
    for hue, degrees in enumerate(HUES_DEG):
        expected = oklch(float(match[1]) / 100, float(match[2]), degrees)
        assert colour(token, hue) == expected
