"""White that is joined to the border becomes transparent, and nothing else of a drawing."""

import numpy as np
import pytest

from sources.finishing.crisp import crisp
from sources.finishing.cutout import cut_out
from tests.sources.finishing.drawings import BLUE, DISCS, RED, coverage, disc, drawn


def on(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Return a straight picture, uint8 [H, W, 4], on a colour: float64 [H, W, 3]."""
    alpha = picture[..., 3:] / 255
    return picture[..., :3] * alpha + np.array(colour) * (1 - alpha)


@pytest.mark.parametrize("each", DISCS)
@pytest.mark.parametrize("colour", [RED, BLUE, (255, 240, 120), (0, 0, 0)])
def test_alpha_is_what_a_shape_covers(
    each: tuple[float, float, float], colour: tuple[int, int, int]
) -> None:
    covered = disc(*each)
    cut = cut_out(drawn(covered, colour, soft=0))
    # WHITE of 255 is a share of 0.044 of the palest
    assert abs(cut[..., 3] / 255 - covered).max() < 0.05
    assert (cut[..., :3] <= cut[..., 3:]).all()  # premultiplied


def test_on_white_it_is_the_same_picture() -> None:
    picture = drawn(disc(30, 60, 66), RED)
    picture[60:70, 50:60] = (90, 200, 250)
    cut = cut_out(picture).astype(int)
    back = cut[..., :3] + 255 - cut[..., 3:]
    ground = cut[..., 3] == 0
    assert abs(back - picture)[~ground].max() <= 1
    assert (picture[ground].min(-1) >= 249).all()
    opaque = crisp(picture, 512, transparent=False)
    assert abs(on(crisp(picture, 512, transparent=True), (255, 255, 255)) - opaque).max() <= 12


def test_what_a_drawing_encloses_stays_white() -> None:
    ring = np.clip(disc(50, 64, 64) - disc(30, 64, 64), 0, 1)
    picture = crisp(drawn(ring, RED), 512, transparent=True)
    assert tuple(picture[256, 256]) == (255, 255, 255, 255)
    assert picture[4, 4, 3] == 0 and picture[256, 96, 3] == 255


def test_nothing_white_is_left_at_the_edge() -> None:
    finished = crisp(drawn(disc(40, 64, 64), RED), 512, transparent=True)
    seen = finished[..., 3] >= 32
    assert abs(finished[seen][:, :3].astype(int) - RED).max() <= 32
    dark = on(finished, (20, 20, 30))
    assert dark[..., 1].max() <= RED[1] + 32  # a white fringe would show 150


def test_a_picture_without_ground_stays_whole() -> None:
    picture = np.full((128, 128, 3), (40, 90, 160), np.uint8)
    picture[40:60, 40:60] = (240, 200, 20)
    assert (crisp(picture, 512, transparent=True)[..., 3] == 255).all()


def test_an_empty_picture_is_empty() -> None:
    blank = np.full((128, 128, 3), 255, np.uint8)
    assert (crisp(blank, 512, transparent=True) == (255, 255, 255, 0)).all()


def test_ground_does_not_leak_through_faint_colours() -> None:
    covered = coverage(np.ones((1024, 1024), bool))
    covered[:20] = covered[-20:] = covered[:, :20] = covered[:, -20:] = 0
    faint = drawn(covered, (240, 242, 246), soft=0)
    assert (cut_out(faint)[24:-24, 24:-24, 3] == 255).all()
