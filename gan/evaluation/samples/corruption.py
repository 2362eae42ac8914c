"""Real pictures made worse: the control that every measure must tell from sound ones."""

import numpy as np
from scipy.ndimage import gaussian_filter

SEED = 17


def corrupt(pictures: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Return uint8 [N, H, W, 3] blurred and with noise; strength 0 is the identity.

    At 1 the blur has a deviation of 1/64 of the width, the noise of 13 of 255 levels.
    """
    random = np.random.RandomState(SEED)
    sigma = strength * pictures.shape[1] / 64
    result = np.empty_like(pictures)
    for i, picture in enumerate(pictures):
        blurred = gaussian_filter(picture.astype(np.float32), (sigma, sigma, 0))
        noise = random.standard_normal(picture.shape) * (13 * strength)
        result[i] = np.clip(np.rint(blurred + noise), 0, 255)
    return result
