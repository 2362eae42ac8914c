"""Progressive growing with fade-in (Karras et al. 2018), in networks that are built whole.

Stage 0 is 4×4, each next one twice as large. While a step is traced inside `grown_to`, pictures
keep their full size but hold the detail of that stage alone, and layers beyond it are not
connected to anything: the graph leaves them out.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from gan.networks.layers.reshape import larger, smaller


@dataclass(frozen=True)
class Growth:
    """The stage trained at, and how far its own detail has faded in, 0-1; None: all of it."""

    stage: int
    alpha: Any = None


_growth: Growth | None = None


@contextmanager
def grown_to(growth: Growth) -> Iterator[None]:
    """Networks called inside are of this growth."""
    global _growth
    before, _growth = _growth, growth
    try:
        yield
    finally:
        _growth = before


def level_at(kimg: float, start: int, last: int, stage_kimg: float, fade_kimg: float) -> float:
    """Return the stage plus the share of the next that has faded in.

    Each stage is trained for ``stage_kimg``, then the next fades in over ``fade_kimg``.
    """
    phase_kimg = stage_kimg + fade_kimg
    number = int(kimg // phase_kimg)
    faded = max(0.0, kimg - number * phase_kimg - stage_kimg) / fade_kimg
    return min(float(last), start + number + faded)


def detail_of(pictures: keras.KerasTensor, growth: Growth) -> keras.KerasTensor:
    """Return pictures [N, S, S, C] with the detail that a generator of this growth can have."""
    factor = pictures.shape[1] // (4 << growth.stage)
    fine = larger(smaller(pictures, factor), factor)
    if growth.alpha is None:
        return fine
    coarse = larger(smaller(pictures, 2 * factor), 2 * factor)
    return coarse + growth.alpha * (fine - coarse)


@keras.saving.register_keras_serializable("nonesuch")
class GrownPicture(keras.layers.Layer):
    """Pictures of all stages, coarsest first → one of full size, float32 [N, S, S, 3].

    In training the stage of `grown_to`. Otherwise what ``level``, a weight, says: whole stages and
    the share of the next.
    """

    def __init__(self, **kwargs: object) -> None:
        super().__init__(autocast=False, **kwargs)
        self._kept: list[int] | None = None

    def build(self, shapes: Sequence[tuple[int | None, ...]]) -> None:
        self.last = len(shapes) - 1
        self.level = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(float(self.last)),
            trainable=False, autocast=False, name="level",
        )  # fmt: skip
        super().build(shapes)

    def fold(self) -> None:
        """Leave out the stages that show nothing, as they are from here on."""
        level = float(ops.convert_to_numpy(self.level))
        self._kept = [i for i in range(self.last + 1) if abs(level - i) < 1]

    def call(self, pictures: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
        pictures = [ops.cast(picture, "float32") for picture in pictures]
        full = pictures[-1].shape[1]
        if _growth is not None:
            stage, alpha = _growth.stage, _growth.alpha
            fine = larger(pictures[stage], full // pictures[stage].shape[1])
            if alpha is None:
                return fine
            coarse = larger(pictures[stage - 1], full // pictures[stage - 1].shape[1])
            return coarse + alpha * (fine - coarse)
        level = ops.convert_to_tensor(self.level)
        found = 0.0
        for i in range(self.last + 1) if self._kept is None else self._kept:
            weight = ops.maximum(0.0, 1.0 - ops.abs(level - float(i)))
            found = found + weight * larger(pictures[i], full // pictures[i].shape[1])
        return found


@keras.saving.register_keras_serializable("nonesuch")
class Entrance(keras.layers.Layer):
    """Where a discriminator of stage ``stage`` begins: [what comes from above, its own features].

    Both float [N, H, W, C]. Growing, the two are mixed while the stage above fades in.
    """

    def __init__(self, stage: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.stage = stage

    def call(self, inputs: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
        above, own = inputs
        if _growth is None or _growth.stage > self.stage + 1:
            return above
        if _growth.stage == self.stage:
            return own
        if _growth.alpha is None:
            return above
        return own + ops.cast(_growth.alpha, own.dtype) * (above - own)
