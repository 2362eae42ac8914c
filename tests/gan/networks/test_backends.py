"""The same weights give the same output on Keras's TensorFlow and JAX backends."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gan.networks.deconvolutional import build_critic
from gan.networks.projected import build_heads
from gan.networks.residual import build_discriminator, build_generator
from tests.gan.networks.networks_both import INPUTS, SIZES, TINY, with_noise

PROJECT = Path(__file__).parents[3]
BUILD = {
    "generator": lambda: build_generator(TINY),
    "discriminator": lambda: build_discriminator(TINY, (6, 8)),
    "heads": lambda: build_heads(SIZES, TINY.categories, TINY.styles),
    "critic": lambda: build_critic(16),
}
ON_JAX = """
import os, sys
os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np
assert keras.backend.backend() == "jax" and "tensorflow" not in sys.modules
from gan.networks.deconvolutional import build_critic
from gan.networks.projected import build_heads
from gan.networks.residual import build_discriminator, build_generator
from tests.gan.networks.networks_both import INPUTS, SIZES, TINY
folder, name = sys.argv[1:]
build = {
    "generator": lambda: build_generator(TINY),
    "discriminator": lambda: build_discriminator(TINY, (6, 8)),
    "heads": lambda: build_heads(SIZES, TINY.categories, TINY.styles),
    "critic": lambda: build_critic(16),
}
model = build[name]()
model.set_weights([array for _, array in sorted(np.load(f"{folder}/weights.npz").items())])
found = model(INPUTS[name])
found = found if isinstance(found, list) else [found]
np.savez(f"{folder}/found.npz", *[np.asarray(output) for output in found])
"""


@pytest.mark.parametrize("name", BUILD)
def test_jax_gives_what_tensorflow_gives(name: str, tmp_path: Path) -> None:
    pytest.importorskip("jax", reason="pip install jax")
    model = BUILD[name]()
    with_noise(model)
    weights = {f"{i:03d}": array for i, array in enumerate(model.get_weights())}
    np.savez(tmp_path / "weights.npz", **weights)
    outputs = model(INPUTS[name])
    expected = outputs if isinstance(outputs, list) else [outputs]
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, str(tmp_path), name],
        cwd=PROJECT,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = np.load(tmp_path / "found.npz")
    assert len(found.files) == len(expected)
    for key, wanted in zip(found.files, expected, strict=True):
        wanted = np.asarray(wanted)
        assert wanted.std() > 0.01
        np.testing.assert_allclose(found[key], wanted, atol=2e-5, rtol=1e-4)
