"""What tests of methods share: steps that are not compiled, lite0 without a download."""

from collections.abc import Iterator

import pytest
import tensorflow as tf

from gan.methods import concepts, projected
from tests.gan.pretrained import pretrained


@pytest.fixture(scope="module")
def eager() -> Iterator[None]:
    """Steps run uncompiled: tracing takes longer than a few steps of this size."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def lite0() -> Iterator[None]:
    """Let the methods find the weights of EfficientNet-lite0, whatever home they have."""
    tensors = pretrained("lite0")
    with pytest.MonkeyPatch.context() as patch:
        for method in (projected, concepts):
            patch.setattr(method, "kept_weights", lambda *_: tensors)
        yield
