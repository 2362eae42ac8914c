"""Augmentation: identity at strength 0, white moving in, gradients flowing back."""

import numpy as np
import pytest
import tensorflow as tf

from gan.augment import AugmentOptions, augment, over, seen, shift

ALWAYS = AugmentOptions(shift_probability=1.0, colour_probability=1.0, shift_px=4)
SEED = tf.constant([3, 4])


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.RandomState(0).uniform(-1, 1, (6, 16, 16, 3)).astype(np.float32)


def test_strength_0_is_the_identity(pictures: np.ndarray) -> None:
    np.testing.assert_allclose(augment(pictures, SEED, ALWAYS, 0.0), pictures, atol=1e-6)


def test_full_strength_changes_every_picture_and_the_same_seed_alike(pictures: np.ndarray) -> None:
    found = augment(pictures, SEED, ALWAYS, 1.0).numpy()
    assert (np.abs(found - pictures).max(axis=(1, 2, 3)) > 0.05).all()
    np.testing.assert_array_equal(found, augment(pictures, SEED, ALWAYS, 1.0))
    assert np.abs(found - augment(pictures, SEED + 1, ALWAYS, 1.0)).max() > 0.05


def test_shift_moves_whole_pixels_and_pads_with_white() -> None:
    dark = np.full((64, 16, 16, 3), -0.5, np.float32)
    moved = shift(tf.constant(dark) - 1.0, SEED, 1.0, ALWAYS).numpy() + 1
    assert set(np.unique(np.round(moved, 5))) == {-0.5, 1.0}  # and no grey at the border
    offsets = set()
    for picture in moved:
        ink = picture[..., 0] < 0
        rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        assert ink[np.ix_(rows, columns)].all()
        down = rows[0] if rows[0] else rows[-1] - 15
        right = columns[0] if columns[0] else columns[-1] - 15
        assert max(abs(down), abs(right)) <= 4
        offsets.add((int(down), int(right)))
    assert len(offsets) > 30
    assert {down for down, _ in offsets} == set(range(-4, 5))


def test_shift_keeps_the_picture_upright() -> None:
    corner = np.ones((1, 16, 16, 3), np.float32)
    corner[0, 6, 9] = (-1, 0, 0.5)
    moved = shift(tf.constant(np.repeat(corner, 20, 0)) - 1.0, SEED, 1.0, ALWAYS).numpy() + 1
    for picture in moved:
        ((row, column),) = np.argwhere(picture[..., 0] < 0)
        np.testing.assert_allclose(picture[row, column], (-1, 0, 0.5), atol=1e-6)
        assert abs(row - 6) <= 4 and abs(column - 9) <= 4


def test_gradients_flow_to_every_pixel_that_stays(pictures: np.ndarray) -> None:
    x = tf.constant(pictures)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(augment(x, SEED, ALWAYS, 1.0))
    gradient = tape.gradient(total, x).numpy()
    assert (np.abs(gradient[:, 4:-4, 4:-4]) > 0.1).all()


def test_colours_stay_mild_and_white_stays_white(pictures: np.ndarray) -> None:
    colour = AugmentOptions(shift_probability=0.0, colour_probability=1.0)
    white = np.ones((8, 4, 4, 3), np.float32)
    np.testing.assert_allclose(augment(white, SEED, colour, 1.0), white, atol=1e-6)
    found = augment(pictures, SEED, colour, 1.0).numpy()
    ratio = (1 - found).mean(axis=(1, 2, 3)) / (1 - pictures).mean(axis=(1, 2, 3))
    assert (np.abs(ratio - 1) <= 0.25 + 1e-4).all()


def test_transparent_pictures_stand_on_flat_colours_that_move_in() -> None:
    clear = np.full((200, 8, 8, 4), -1, np.float32)
    clear[:, 2:6, 2:6] = (0.5, -0.5, 0.0, 1.0)
    shown = seen(clear, SEED, SEED + 9, ALWAYS, 1.0).numpy()
    corners = shown[:, [0, 0, -1, -1], [0, -1, 0, -1]]  # [N, 4, 3], one of them always background
    backgrounds = shown.reshape(200, -1, 3)
    whites = (np.abs(corners - 1).max(axis=2) < 1e-5).any(axis=1)
    assert 70 < whites.sum() < 130
    for picture in backgrounds[~whites][:20]:
        colours, counts = np.unique(picture.round(4), axis=0, return_counts=True)
        assert len(colours) == 2  # the ink and one background, no seam between them
        assert counts.max() >= 48


def test_over_is_alpha_compositing() -> None:
    picture = tf.constant([[[[1.0, 0.0, -1.0, 0.0]]]])  # half transparent
    np.testing.assert_allclose(over(picture, -1.0)[0, 0, 0], (0, -0.5, -1), atol=1e-6)
    np.testing.assert_allclose(over(picture, 1.0)[0, 0, 0], (1, 0.5, 0), atol=1e-6)


def test_gradients_reach_colour_and_alpha() -> None:
    x = tf.constant(np.random.RandomState(0).uniform(-0.9, 0.9, (4, 8, 8, 4)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(tf.square(seen(x, SEED, SEED, ALWAYS, 0.0)))
    gradient = tape.gradient(total, x).numpy()
    assert (np.abs(gradient).max(axis=(0, 1, 2)) > 0.01).all()
