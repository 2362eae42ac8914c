"""Telling early that a generator draws one picture only."""

import numpy as np

SHARE = 0.05  # of the real pictures' diversity; a trained generator reaches 0.7 or more
ROWS = 40  # of the log in a row, each some 25 steps: a beginner needs some hundred to pass it


def diversity(pictures: np.ndarray) -> float:
    """Return the mean over pixels of the deviation within float [N, H, W, C] pictures."""
    return float(pictures.std(axis=0).mean())


class CollapseWatch:
    """Compares what each row of the log says of generated pictures with real ones."""

    def __init__(self, real: float) -> None:
        """``real``: `diversity` of real pictures."""
        self._least = SHARE * real
        self._rows = 0

    def see(self, generated: float) -> None:
        """Take the diversity of one more row."""
        self._rows = self._rows + 1 if generated < self._least else 0

    @property
    def is_suspicious(self) -> bool:
        """Whether the last row was below the bound: no time to write over a good checkpoint."""
        return self._rows > 0

    @property
    def has_collapsed(self) -> bool:
        return self._rows >= ROWS
