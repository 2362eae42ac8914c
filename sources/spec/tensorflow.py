"""TensorFlow, imported where it is needed, quietly, and missed in one line."""

from core.packages import import_tensorflow

__all__ = ["import_tensorflow"]
