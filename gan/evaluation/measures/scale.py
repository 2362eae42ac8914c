"""One scale for all feature spaces, taken from the real training pictures."""

from dataclasses import dataclass

import numpy as np

COMPONENTS = 64  # a covariance of more needs more pictures than are held out


@dataclass(frozen=True)
class Scale:
    """Centre and unit of a feature space, and its directions of greatest variance."""

    mean: np.ndarray  # float32 [D]
    unit: float
    components: np.ndarray  # float32 [D, up to 64], orthonormal
    explained: float  # share of the training pictures' variance in them, 0-1

    def features(self, x: np.ndarray) -> np.ndarray:
        """Return float32 [N, D], centred; a training picture's mean square is 1 on average."""
        found: np.ndarray = (x.astype(np.float32) - self.mean) / self.unit
        return found

    def principal(self, x: np.ndarray) -> np.ndarray:
        """Return float32 [N, up to 64]; the training pictures' total variance in them is 1."""
        size = (len(self.mean) * self.explained) ** 0.5
        principal: np.ndarray = self.features(x) @ self.components / size
        return principal


def fit_scale(train: np.ndarray) -> Scale:
    """Return the scale of training pictures' features, float [N, D]."""
    x = train.astype(np.float64)
    mean = x.mean(axis=0)
    x = x - mean
    unit = float(np.sqrt((x**2).mean())) or 1.0
    variances, directions = np.linalg.eigh(x.T @ x / len(x))
    count = min(COMPONENTS, len(variances))
    explained = variances[-count:].sum() / variances.sum() if variances.sum() > 0 else 1.0
    components = directions[:, ::-1][:, :count]
    return Scale(mean.astype(np.float32), unit, components.astype(np.float32), float(explained))
