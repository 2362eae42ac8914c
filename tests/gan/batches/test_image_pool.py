"""The pool of older pictures, against one written with a list."""

import numpy as np
import pytest
import tensorflow as tf

from gan.batches.image_pool import ImagePool, PoolDraw, draw_pool


def shown_by_a_list(
    kept: list[np.ndarray], size: int, made: np.ndarray, draw: PoolDraw
) -> list[np.ndarray]:
    shown = []
    for picture, swap, slot in zip(made, draw.swap, draw.slot, strict=True):
        if len(kept) < size:
            kept.append(picture)
            shown.append(picture)
        elif swap:
            shown.append(kept[slot])
            kept[slot] = picture
        else:
            shown.append(picture)
    return shown


@pytest.mark.parametrize("batch", [1, 3])
def test_it_shows_what_a_list_of_50_would(batch: int) -> None:
    random = np.random.Generator(np.random.Philox(key=[1, 2]))
    pool, older = ImagePool(50, (2, 2, 3)), 0
    kept: list[np.ndarray] = []
    show = tf.function(pool.show)
    for step in range(150):
        made = np.full((batch, 2, 2, 3), step, np.float32)
        made += np.arange(batch)[:, None, None, None] / 8
        draw = draw_pool(random, batch, 50)
        found = show(tf.constant(made), tf.constant(draw.swap), tf.constant(draw.slot)).numpy()
        expected = shown_by_a_list(kept, 50, made, draw)
        np.testing.assert_array_equal(found, expected)
        older += int((found[:, 0, 0, 0] < step).sum())
    np.testing.assert_array_equal(pool.pictures.numpy(), np.stack(kept))
    assert int(pool.count) == 50
    drawn_from_full = batch * 150 - 50
    assert 0.35 * drawn_from_full < older < 0.65 * drawn_from_full


def test_of_size_0_it_shows_the_newest() -> None:
    made = tf.ones((2, 4, 4, 3))
    draw = draw_pool(np.random.default_rng(0), 2, 0)
    assert ImagePool(0, (4, 4, 3)).show(made, draw.swap, draw.slot) is made
