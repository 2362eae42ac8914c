"""Whether a model's values fit the range that its model.toml says: measured, not assumed.

A wrong range is no error by itself: a sigmoid's picture taken for a tanh's is washed out, values
of 0 to 255 are burnt out. So the first batch is looked at before any picture is stored.
"""

import numpy as np

from core.errors import NonesuchError
from sources.spec.description import Output

USUAL = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))  # of sigmoids, of tanhs, of levels
TRUST = "--trust-range"
_FAR = 0.25  # of the range beyond either end; generators without a tanh leave it by less
_MOST_FAR = 0.01  # of all values
_LEVEL = 1 / 255  # of the range, which rounding may leave it by
_LEAST_FILLED = 0.02  # of the range: five levels of 255


class WrongRange(NonesuchError):
    """A model whose values cannot be meant by the range of its model.toml."""


def check_range(values: np.ndarray, output: Output, toml: str) -> None:
    """Raise `WrongRange` where the values of a batch, of any shape, do not fit ``output.range``.

    ``toml``: the file to mend, for the message. Values that are not finite are left out, and a
    batch of one colour is passed over: `sources.runtimes.pixels` refuses both.
    """
    numbers = values[np.isfinite(values)].astype(np.float32)
    if not numbers.size or numbers.min() == numbers.max():
        return
    what = _misfit(numbers, output.range)
    if not what:
        return
    low, high = float(numbers.min()), float(numbers.max())
    is_whole = values.dtype.kind in "iub"
    better = (0.0, 255.0) if is_whole else likely_range(low, high, output.range)
    raise WrongRange(
        f"{toml} says that {output.name} goes from {_short(output.range[0])} to "
        f"{_short(output.range[1])}, but the first batch goes from {_short(low)} to "
        f"{_short(high)}: {what}",
        f"write: [output] range = {list(better)}; or add {TRUST} where it is right as it is",
    )


def _misfit(numbers: np.ndarray, between: tuple[float, float]) -> str:
    """Return what pictures of these values would look like, empty where nothing is wrong."""
    low, high = between
    unit = (numbers - low) / (high - low)
    if ((unit < -_LEVEL) | (unit > 1 + _LEVEL)).mean() > 0.5:
        return "most of it would be clipped"
    far = ((unit < -_FAR) | (unit > 1 + _FAR)).mean()
    if far > _MOST_FAR:
        return f"{far:.0%} of it lies far outside and would be clipped"
    if float(np.ptp(unit)) < _LEAST_FILLED:
        return "pictures would have no contrast"
    if low == -high and float(numbers.min()) >= 0:
        return "pictures would be washed out"
    return ""


def likely_range(
    low: float, high: float, but: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Return the usual range that values from ``low`` to ``high`` are of, but not ``but``.

    The values' own, rounded, where none is likely.
    """
    for usual in USUAL:
        span = usual[1] - usual[0]
        margin = _FAR * span if usual[0] < 0 else _LEVEL * span  # a sigmoid ends where it ends
        fits = usual[0] - margin <= low and high <= usual[1] + margin
        if fits and high - low > span / 4 and usual != but:
            return usual
    return round(low, 2), round(high, 2)


def _short(number: float) -> str:
    return f"{number:.4g}"
