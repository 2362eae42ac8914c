"""TensorFlow, imported where it is needed, quietly, and missed in one line."""

import os
from types import ModuleType

from core.packages import NotInstalled


def import_tensorflow() -> ModuleType:
    """Return TensorFlow, which takes seconds and 650 MB. Raises `NotInstalled`."""
    # its C++ part writes a dozen lines about what the processor can do
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow
    except ImportError as error:
        raise NotInstalled(
            "this needs TensorFlow, which is not installed",
            "python -m pip install -r requirements-tensorflow.txt",
        ) from error
    return tensorflow
