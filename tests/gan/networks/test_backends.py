"""The same weights give the same output on Keras's TensorFlow and JAX backends."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.gan.networks.networks_both import BUILD, outputs, with_noise

PROJECT = Path(__file__).parents[3]
# what is compiled is run once
HASTE = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
ON_JAX = """
import os, sys
os.environ["KERAS_BACKEND"] = "jax"
import jax, keras, numpy as np
assert keras.backend.backend() == "jax" and "tensorflow" not in sys.modules
from tests.gan.networks.networks_both import BUILD, outputs
folder = sys.argv[1]
for name, build in BUILD.items():
    model = build()
    weights = np.load(f"{folder}/{name}.npz")
    model.set_weights([array for _, array in sorted(weights.items())])
    compiled = jax.jit(lambda given, model=model: model(given))  # else operation by operation
    np.savez(f"{folder}/{name}-jax.npz", *outputs(compiled, name))
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each network's outputs on both backends, from the same weights."""
    pytest.importorskip("jax", reason="pip install jax")
    folder = tmp_path_factory.mktemp("both")
    for name, build in BUILD.items():
        model = build()
        with_noise(model)
        weights = {f"{i:03d}": array for i, array in enumerate(model.get_weights())}
        np.savez(folder / f"{name}.npz", **weights)
        np.savez(folder / f"{name}-tensorflow.npz", *outputs(model, name))
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, str(folder)],
        cwd=PROJECT,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": HASTE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.mark.parametrize("name", BUILD)
def test_jax_gives_what_tensorflow_gives(name: str, both: Path) -> None:
    expected = np.load(both / f"{name}-tensorflow.npz")
    found = np.load(both / f"{name}-jax.npz")
    assert sorted(found.files) == sorted(expected.files)
    for key in found.files:
        assert expected[key].std() > 0.01
        np.testing.assert_allclose(found[key], expected[key], atol=2e-5, rtol=1e-4)
