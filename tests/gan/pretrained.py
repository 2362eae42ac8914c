"""The pretrained weights that tests need, kept in the user's own folder: fetched once."""

import os
from pathlib import Path

import numpy as np
import pytest

from gan.features.weights import WeightsMissing, kept_weights


def pretrained(variant: str) -> dict[str, np.ndarray]:
    """Return a variant's tensors; skips the test where there is no network, but never in CI."""
    kept = Path(os.environ.get("NONESUCH_HOME", "~/.cache/nonesuch")).expanduser()
    try:
        return kept_weights(kept, variant)
    except WeightsMissing as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"needs the network once: {error}")
