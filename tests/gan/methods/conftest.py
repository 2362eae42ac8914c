"""What tests of methods share: EfficientNet-lite0 without a download, and little of it."""

import random
from collections.abc import Iterator
from functools import cache

import keras
import pytest

from gan.features.efficientnet import build_stages
from gan.methods import concepts, projected
from tests.gan.pretrained import pretrained

STAGES, CHANNELS = projected.STAGES, projected.CHANNELS


@pytest.fixture(scope="module")
def lite0() -> Iterator[None]:
    """Let the methods find EfficientNet-lite0's weights, whatever home they have.

    Its network is frozen: methods of one size share one, which takes longer to build than they do.
    A few pictures say what its features usually are.
    """
    tensors = pretrained("lite0")

    @cache
    def built(size_px: int, inner_px: int, stages: tuple[int, ...]) -> keras.Model:
        state = random.getstate()  # what is built next draws the same weights, built or found
        model = build_stages("lite0", size_px, inner_px, tensors, stages)
        random.setstate(state)
        return model

    def build_once(
        _: str, size_px: int, inner_px: int, __: object, stages: tuple[int, ...]
    ) -> keras.Model:
        return built(size_px, inner_px, stages)

    with pytest.MonkeyPatch.context() as patch:
        for method in (projected, concepts):
            patch.setattr(method, "kept_weights", lambda *_: tensors)
        patch.setattr(projected, "build_stages", build_once)
        patch.setattr(projected, "USUAL", 8)
        yield


@pytest.fixture(scope="module")
def shallow(lite0: None) -> Iterator[None]:  # noqa: ARG001
    """Of lite0's maps the first two are enough, of pictures of 32 px: a hundredth of the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projected, "STAGES", STAGES[:2])
        patch.setattr(projected, "CHANNELS", CHANNELS[:2])
        yield


@pytest.fixture
def all_maps(shallow: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """All four maps after all, as in earnest."""
    monkeypatch.setattr(projected, "STAGES", STAGES)
    monkeypatch.setattr(projected, "CHANNELS", CHANNELS)
