"""The autoencoder's halves: shapes, counts, and where their linear maps begin."""

import numpy as np
import pytest

from gan.networks.autoencoder import (
    AutoencoderSizes,
    Decoder,
    begin_linear,
    build_decoder,
    build_encoder,
)
from gan.networks.residual import BadNetwork

SMALL = (8, 8, 8)


def pictures(size_px: int, count: int = 12) -> np.ndarray:
    """Smooth premultiplied pictures, which a few components describe."""
    random = np.random.RandomState(0)
    x, y = np.meshgrid(np.linspace(0, 1, size_px), np.linspace(0, 1, size_px))
    slopes = random.uniform(-0.4, 0.4, (2, count, 1, 1, 4))
    found = 0.5 + slopes[0] * x[..., None] + slopes[1] * y[..., None]
    return found.astype(np.float32)


@pytest.mark.parametrize("size_px", [64, 128])
def test_it_goes_down_to_8_by_8_and_back(size_px: int) -> None:
    sizes = AutoencoderSizes(size_px, 4, SMALL)
    given = pictures(size_px, 2)
    codes = build_encoder(sizes)(given)
    assert codes.shape == (2, 8, 8, 4)
    assert build_decoder(sizes).whole(codes).shape == (2, size_px, size_px, 4)


def test_the_recipes_halves_have_as_many_weights_as_said() -> None:
    sizes = AutoencoderSizes(128)
    encoder, decoder = build_encoder(sizes), build_decoder(sizes).whole
    assert sum(int(np.prod(v.shape)) for v in encoder.trainable_variables) == 1_270_816
    assert sum(int(np.prod(v.shape)) for v in decoder.trainable_variables) == 1_451_792


def test_it_begins_as_the_best_linear_code() -> None:
    sizes = AutoencoderSizes(64, 12, SMALL)  # a plane in 4 channels has 12 numbers
    encoder, decoder = build_encoder(sizes), build_decoder(sizes).whole
    given = pictures(64)
    before = np.abs(decoder(encoder(given, training=True)) - given).mean()
    begin_linear(encoder, decoder, given)
    codes = encoder(given, training=True)
    assert np.abs(np.asarray(codes).std() - 1) < 0.1
    after = np.abs(decoder(codes) - given).mean()
    assert after < 0.02 < before


@pytest.mark.parametrize("size_px", [64, 128])
def test_a_window_is_finished_as_the_whole_is(size_px: int) -> None:
    sizes = AutoencoderSizes(size_px, 4, SMALL)
    decoder: Decoder = build_decoder(sizes)
    random = np.random.RandomState(1)
    for variable in decoder.whole.trainable_variables:
        variable.assign(random.standard_normal(variable.shape) * 0.1)
    codes = random.standard_normal((1, 8, 8, 4)).astype(np.float32)
    features, linear = decoder.features(codes)
    scale = sizes.scale
    part = decoder.finish(
        features[:, 4:16, 6:18], linear[:, 4 * scale : 16 * scale, 6 * scale : 18 * scale]
    )
    whole = np.asarray(decoder.whole(codes))[:, 4 * scale : 16 * scale, 6 * scale : 18 * scale]
    inside = slice(3 * scale, -3 * scale)  # beyond the reach of a cut edge
    np.testing.assert_allclose(part[:, inside, inside], whole[:, inside, inside], atol=1e-5)


def test_other_sizes_are_refused() -> None:
    with pytest.raises(BadNetwork, match="96 px"):
        AutoencoderSizes(96)
