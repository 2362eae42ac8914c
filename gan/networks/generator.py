"""What the trainer, the evaluation and the export know of a generator: its inputs by name.

A network file supplies a `GeneratorSpec`; nobody else asks which layers are behind it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np

CUT = 2.0  # deviations at which a truncated normal ends


@dataclass(frozen=True)
class GeneratorInput:
    """One input of an exported generator; ``kind`` and ``distribution`` as in model.toml."""

    name: str
    kind: str  # latent, noise, category, choice or truncation
    shape: tuple[int, ...] = ()  # of one picture's value
    distribution: str = "truncated_normal"  # or normal, uniform; of a latent or noise
    range: tuple[float, float] = (-1.0, 1.0)  # of uniform
    note: str = ""  # for people, in model.toml


class GeneratorSpec(Protocol):
    """A generator's sizes and inputs, how to build it and how its inputs make a picture."""

    @property
    def size_px(self) -> int: ...

    @property
    def picture_channels(self) -> int:
        """3: RGB; 4: straight RGBA."""

    @property
    def inputs(self) -> tuple[GeneratorInput, ...]: ...

    @property
    def output(self) -> str:
        """Name of the exported picture."""

    @property
    def truncations(self) -> tuple[float, float]:
        """Range that truncations are drawn from by default, where there is such an input."""

    @property
    def rounding(self) -> float:
        """How much more than the residual generator it enlarges rounding errors."""

    @property
    def standing_passes(self) -> int:
        """Batches for `gan.networks.standing` before drawing; 0: none, or a network without."""

    def build(self) -> keras.Model:
        """Return the network, fresh, under the Keras policy in force."""

    def picture(self, call: Callable[[list[Any]], Any], given: Mapping[str, Any]) -> Any:
        """Return the picture, float32 [N, H, W, 3 or 4] in [-1, 1].

        ``call``: the network on the list of its own inputs; ``given``: `inputs` by name, [N, …].
        """


def width_of(spec: GeneratorSpec, kind: str) -> int:
    """Return how many labels the input of a kind, category or choice, has; 0 without one."""
    return next((given.shape[0] for given in spec.inputs if given.kind == kind), 0)


def draw_latents(
    inputs: Sequence[GeneratorInput],
    count: int,
    random: np.random.RandomState,
    cut: float | None = CUT,
) -> dict[str, np.ndarray]:
    """Return every latent and noise by name, float32 [N, *shape].

    ``cut``: what is drawn again of truncated normals; None leaves them whole.
    """
    found = {}
    for given in inputs:
        if given.kind not in ("latent", "noise"):
            continue
        shape = (count, *given.shape)
        if given.distribution == "uniform":
            values = random.uniform(*given.range, shape)
        else:
            values = random.standard_normal(shape)
            while (
                given.distribution == "truncated_normal"
                and cut is not None
                and (outside := np.abs(values) > cut).any()
            ):
                values[outside] = random.standard_normal(int(outside.sum()))
        found[given.name] = values.astype(np.float32)
    return found


def all_inputs(
    inputs: Sequence[GeneratorInput],
    latents: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    truncations: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return all inputs by name, float32: ``latents`` and what is given for the other kinds.

    ``labels``: int [N] by kind, category and choice; ``truncations``: [N], 0-1.
    """
    found = dict(latents)
    for given in inputs:
        if given.kind in ("category", "choice"):
            found[given.name] = np.eye(given.shape[0], dtype=np.float32)[labels[given.kind]]
        elif given.kind == "truncation":
            values = np.asarray(truncations, np.float32)
            found[given.name] = values.reshape(len(values), *given.shape)
    return found
