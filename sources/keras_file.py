"""What in a Keras file would run as code: judged from the description of its layers alone."""

import importlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import NonesuchError
from core.packages import import_tensorflow

# where Keras looks for what a description names
_ROOMS = (
    "layers", "models", "initializers", "regularizers", "constraints", "activations",
    "dtype_policies", "optimizers", "optimizers.schedules", "losses", "metrics", "random",
)  # fmt: skip
_NETWORKS = ("Functional", "Model", "Sequential")
_DATA = (  # values, which are written like layers
    "__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__",
    "__tuple__", "TensorShape", "Policy", "function",
)  # fmt: skip
_LAMBDA, _FUNCTION = "Lambda", "__lambda__"


class CannotImport(NonesuchError):
    """A file that is no model, or that is not trusted."""


def code_in(path: Path) -> list[str]:
    """Return what in a .h5, .hdf5 or .keras file would run, in words. Raises `CannotImport`.

    A layer of Keras is not code of the file; a Lambda is, and so is whatever Keras does not have:
    it runs as whoever opens the file names it.
    """
    config = config_of(path)
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise CannotImport(
            f"{path} describes no network", "save the whole model: model.save('model.h5')"
        )
    lambdas, others = 0, set[str]()
    for layer in described(config):
        if layer["class_name"] == _LAMBDA:
            lambdas += 1
        elif layer["class_name"] == _FUNCTION and lambdas:
            continue  # that of a Lambda
        elif not _is_of_keras(layer):
            others.add(_name_of(layer))
    found = []
    if lambdas:
        found.append(f"{lambdas} Lambda layer{'s' * (lambdas > 1)}: code")
    if others:
        found.append(f"layers of its maker's own: {', '.join(sorted(others))}")
    return found


def config_of(path: Path) -> Any:
    """Return the description of a Keras file's layers, which is JSON. Raises `CannotImport`."""
    try:
        if path.suffix.lower() == ".keras":
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read("config.json"))
        import h5py

        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs:
                raise CannotImport(
                    f"{path} holds weights alone, without the network",
                    "save the whole model: model.save('model.h5')",
                )
            text = file.attrs["model_config"]
            return json.loads(text if isinstance(text, str) else text.decode())
    except (
        OSError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile,
        NotImplementedError,  # a zip of a kind that Python does not read
        RuntimeError,  # one with a password; JSON that is nested too deep
    ) as error:  # fmt: skip
        raise CannotImport(
            f"{path} is no Keras file, or a truncated one ({error})", "fetch it again"
        ) from error


def described(config: Any) -> Iterator[dict[str, Any]]:
    """Yield everything that a description gives a class: layers, and what layers have."""
    waiting = [config]  # not by calls of itself: JSON may be nested as deep as it likes
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if "class_name" in each:
                yield each
            waiting += reversed(each.values())
        elif isinstance(each, list):
            waiting += reversed(each)


def _name_of(layer: dict[str, Any]) -> str:
    inner = layer.get("config")
    is_function = layer["class_name"] == "function" and isinstance(inner, str)
    return str(inner if is_function else layer["class_name"])


def _is_of_keras(layer: dict[str, Any]) -> bool:
    """Whether something with a class comes with Keras itself.

    Files of Keras 3 say in which module a class is, those of Keras 2 do not.
    """
    import_tensorflow()
    import keras

    kind, name = layer["class_name"], _name_of(layer)
    module = layer.get("module")
    if not isinstance(kind, str):
        return False
    if isinstance(module, str) and module.partition(".")[0] not in ("keras", "builtins"):
        return False
    if kind in _DATA and kind != "function":
        return True
    if kind in _NETWORKS or any(_has(f"keras.{room}", name) for room in _ROOMS):
        return True
    # classes that no public module has, such as those of operators
    found = _get(module, name) if isinstance(module, str) and module.startswith("keras.") else None
    return isinstance(found, type) and issubclass(found, keras.Operation)


def _has(module: str, name: str) -> bool:
    return not name.startswith("_") and _get(module, name) is not None


def _get(module: str, name: str) -> Any:
    """Return what a module of Keras calls so, None where there is none."""
    try:
        return getattr(importlib.import_module(module), name, None)
    except (ImportError, ValueError):
        return None
