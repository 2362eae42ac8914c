"""Contrast as WCAG has it; whatever follows from an owner's colours can be read."""

import colorsys
import itertools

import pytest

from app.identity.contrast import AA, contrast, palette_of, read_colour, readable
from app.identity.reading import BadSite, identity_of
from core.settings import PROJECT, Settings


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),  # https://webaim.org/resources/contrastchecker/
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.00),
        ("#0000ff", "#ffff00", 8.00),
        ("#123456", "#123456", 1.0),
    ],
)
def test_ratios(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_colours() -> None:
    assert read_colour("#1a2B3c") == "#1a2b3c"
    assert read_colour("#fA0") == "#ffaa00"
    for text in ("red", "#12345", "1a2b3c", "#1a2b3c ", "#gggggg", ""):
        assert read_colour(text) is None


def _colours() -> list[str]:
    hues = [colorsys.hls_to_rgb(h / 5, lightness, 0.8) for h, lightness in itertools.product(
        range(5), (0.1, 0.4, 0.9))]  # fmt: skip
    return ["#" + "".join(f"{round(255 * channel):02x}" for channel in each) for each in hues]


def test_whatever_follows_from_three_colours_can_be_read() -> None:
    seen = 0
    for wall, ink, accent in itertools.product(_colours(), repeat=3):
        palette = palette_of(wall, ink, accent)
        assert contrast(palette.on_accent, accent) >= AA
        walls = (palette.wall, palette.wall_high)
        if min(contrast(ink, ground) for ground in walls) >= AA:
            seen += 1
            assert min(contrast(palette.muted, ground) for ground in walls) >= AA
    assert seen > 200


def test_what_cannot_be_read_is_refused_with_one_that_can() -> None:
    text = "[colours]\nwall = '#ffffff'\nink = '#222222'\naccent = '{}'\n"
    with pytest.raises(BadSite) as raised:
        identity_of(PROJECT / "site.toml", text.format("#ffcc00"), Settings())
    said = str(raised.value)
    assert (
        "line 4: colours.accent #ffcc00 on #ffffff, the wall, has a contrast of 1.5, below" in said
    )
    better = raised.value.hint.rpartition('"')[0][-7:]
    assert contrast(better, "#ffffff") >= AA
    found = identity_of(PROJECT / "site.toml", text.format(better), Settings())
    assert found.colours.palette is not None and found.colours.palette.accent == better
    # grey in the middle: nothing but black and white can be read on it
    assert (
        readable("#808080", "#767676") in ("#000000", "#ffffff")
        or contrast(readable("#808080", "#767676"), "#767676") >= AA
    )
