"""Whether the files written give the pictures of the generator they were written from."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from core.errors import NonesuchError
from gan.export.litert import BATCHES, signature_name
from gan.export.serving import PNG_SIGNATURE, SIGNATURE
from gan.networks.generator import GeneratorSpec, all_inputs, draw_latents, width_of
from gan.pixels import to_uint8

SEED = 3
COUNT = max(BATCHES)
# mean and greatest difference in [-1, 1], where a grey level is 0.0078
GREY_LEVEL = 2 / 255
AGAINST_KERAS = (0.004, 0.15)  # of weights rounded to float16
SAME_WEIGHTS = (1e-5, 1e-3)  # of sums in another order; times a network's own `rounding`
INT8 = (0.02, 0.6)  # against the SavedModel


_YOUNG = (
    "train it longer: a network that has hardly learnt enlarges rounding errors, one that divides "
    "by what varies little, as StyleGAN's does, most of all"
)
_COARSE = "export with --precision float32: this generator does not bear rounded weights"


class BadExport(NonesuchError):
    """Files that do not give the generator's pictures."""


def fixed_inputs(networks: GeneratorSpec, styles: list[int]) -> dict[str, np.ndarray]:
    """Return the same inputs, a batch of `COUNT`, at every call."""
    random = np.random.RandomState(SEED)
    labels = {
        "category": np.arange(COUNT) % max(1, width_of(networks, "category")),
        "choice": random.choice(styles, COUNT),
    }
    latents = draw_latents(networks.inputs, COUNT, random)
    return all_inputs(networks.inputs, latents, labels, np.linspace(0.3, 1.0, COUNT))


def compare(
    what: str,
    found: np.ndarray,
    expected: np.ndarray,
    tolerance: tuple[float, float],
    hint: str = "",
) -> str:
    """Return one line on how far apart pictures are; raise `BadExport` when too far."""
    if found.shape != expected.shape or not np.isfinite(found).all():
        raise BadExport(f"{what} gives {found.shape} or numbers that are not finite")
    difference = np.abs(_as_seen(found) - _as_seen(expected))
    mean, most = difference.mean(), difference.max()
    line = f"{what}: mean difference {mean:.1e}, greatest {most:.1e}"
    if mean > tolerance[0] or most > tolerance[1]:
        raise BadExport(f"{line}; allowed are {tolerance[0]:g} and {tolerance[1]:g}", hint)
    return line


def _as_seen(pictures: np.ndarray) -> np.ndarray:
    """Return float64 in [-1, 1], colours times alpha: what is clear has no colour to compare."""
    exact = pictures.astype(np.float64)
    if pictures.shape[-1] == 4:
        exact[..., :3] = (exact[..., :3] + 1) * (exact[..., 3:] + 1) / 2 - 1
    return exact


def expected_pictures(
    generator: keras.Model, networks: GeneratorSpec, inputs: dict[str, np.ndarray]
) -> np.ndarray:
    """Return what the files must give for ``inputs``, float32 [N, H, W, 3 or 4].

    Raises `BadExport` when that is not finite.
    """
    expected = np.asarray(networks.picture(generator, inputs))
    if not np.isfinite(expected).all():
        raise BadExport("the generator's own pictures are not finite", "train it anew")
    return expected


def check_export(
    folder: Path,
    inputs: dict[str, np.ndarray],
    expected: np.ndarray,
    precision: str,
    output: str,
    rounding: float,
) -> list[str]:
    """Load what is in ``folder`` and compare it with ``expected``; return a line for each.

    ``output`` and ``rounding`` are those of the `GeneratorSpec`; the latter widens what files
    of the same weights may differ by.

    Raises `BadExport` when pictures differ by more than the precision of the weights explains.
    """
    # nobody sees less than a grey level
    same = (
        max(SAME_WEIGHTS[0] * rounding, GREY_LEVEL / 20),
        max(SAME_WEIGHTS[1] * rounding, GREY_LEVEL),
    )
    rounded = precision != "float32"
    loaded = tf.saved_model.load(str(folder))
    tensors = {name: tf.constant(value) for name, value in inputs.items()}
    served = loaded.signatures[SIGNATURE](**tensors)[output].numpy()
    bound, hint = (AGAINST_KERAS, _COARSE) if rounded else (same, _YOUNG)
    lines = [compare("SavedModel against Keras", served, expected, bound, hint)]
    files = loaded.signatures[PNG_SIGNATURE](**tensors)["image_bytes"].numpy()
    decoded = np.stack([tf.io.decode_png(file).numpy() for file in files])
    if np.abs(decoded.astype(int) - to_uint8(served)).max() > 1:
        raise BadExport("the PNG signature gives other pictures than the serving signature")

    made = run_litert(folder / "model.tflite", inputs, output)
    bound, hint = (INT8, "leave --precision out") if precision == "int8" else (same, _YOUNG)
    for batch, pictures in made.items():
        what = f"LiteRT {precision}, batch {batch}, against SavedModel"
        lines.append(compare(what, pictures, served, bound, hint))
    return lines


def run_litert(
    path: Path, inputs: dict[str, np.ndarray], output: str = "picture"
) -> dict[int, np.ndarray]:
    """Return the pictures of every signature by its batch size, float32 [COUNT, H, W, 3]."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    made = {}
    for batch in BATCHES:
        runner = interpreter.get_signature_runner(signature_name(batch))
        parts = [
            runner(**{name: v[i : i + batch] for name, v in inputs.items()})[output].copy()
            for i in range(0, COUNT, batch)
        ]
        made[batch] = np.concatenate(parts)
    return made
