"""A Keras file of old → a SavedModel with a signature and a model.toml. Offline only.

What a Keras file holds is not only numbers: Lambda layers are code, custom layers are imported
by name, and a pickle is code altogether. So nothing is opened for more than a look unless the
owner says that the file is trusted.
"""

import importlib
import json
import pickle
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.errors import NonesuchError
from core.files import folder_written_whole
from core.packages import import_tensorflow
from core.slugs import slugify
from sources.spec.proposal import propose
from sources.spec.signatures import read_graphs

_PICKLES = (".pkl", ".pickle", ".joblib")
_KERAS = (".h5", ".hdf5", ".keras")
SIGNATURE = "serving_default"


class CannotImport(NonesuchError):
    """A file that is no model, or that is not trusted."""


def look(path: Path, models_folder: Path, name: str | None = None) -> tuple[Path, list[str]]:
    """Return where a file's model would be put, and what in it would run. Nothing is opened for
    more than a look. Raises `CannotImport`."""
    kind = path.suffix.lower()
    if not path.is_file():
        raise CannotImport(f"there is no file {path}", "name a .h5, .keras or .pkl file")
    if kind not in (*_PICKLES, *_KERAS):
        raise CannotImport(
            f"{path} is no Keras file by its name", "name a .h5, .hdf5, .keras or .pkl file"
        )
    chosen = slugify(name or path.stem)
    numbers = [int(p.name) for p in (models_folder / chosen).glob("*") if p.name.isdigit()]
    target = models_folder / chosen / str(max(numbers, default=0) + 1)
    return target, [f"{path.name} holds {what}" for what in code_in(path, kind)]


def import_file(
    path: Path, models_folder: Path, custom: Sequence[str], trust: bool, name: str | None = None
) -> tuple[Path, list[str]]:
    """Write models/<name>/<next version>/; return it and notes. Raises `CannotImport`."""
    target, notes = look(path, models_folder, name)
    if not trust:
        held = f" ({'; '.join(notes)})" if notes else ""
        raise CannotImport(
            f"{path} is not trusted{held}: opening it may run code of whoever made it, with your "
            "rights, on this machine",
            "if you trust them, add --trust",
        )
    model = _load(path, path.suffix.lower(), custom)
    with folder_written_whole(target) as temporary:
        _export(model, temporary)
        signature = read_graphs(temporary)[0].signatures[SIGNATURE]
        text = propose(signature, target.parent.name, version=int(target.name))
        (temporary / "model.toml").write_text(text, encoding="utf-8")
    return target, notes


def code_in(path: Path, kind: str) -> list[str]:
    """Return what in a file would run, in words, without running it."""
    if kind in _PICKLES:
        return ["a pickle, which is code altogether"]
    config = _config_of(path, kind)
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise CannotImport(
            f"{path} describes no network", "save the whole model: model.save('model.h5')"
        )
    lambdas, others = 0, set[str]()
    for layer in _layers(config):
        if layer.get("class_name") == "Lambda":
            lambdas += 1
        elif layer.get("registered_name") or _is_custom(layer):
            others.add(str(layer["class_name"]))
    found = []
    if lambdas:
        found.append(f"{lambdas} Lambda layer{'s' * (lambdas > 1)}: code")
    if others:
        found.append(f"layers of its maker's own: {', '.join(sorted(others))}")
    return found


def _config_of(path: Path, kind: str) -> Any:
    """Return the description of a Keras file's layers, which is JSON."""
    import zipfile

    try:
        if kind == ".keras":
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


def _layers(config: Any) -> Iterator[dict[str, Any]]:
    waiting = [config]  # not by calls of itself: JSON may be nested as deep as it likes
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if "class_name" in each:
                yield each
            waiting += reversed(each.values())
        elif isinstance(each, list):
            waiting += reversed(each)


def _is_custom(layer: dict[str, Any]) -> bool:
    """Whether a layer is none of Keras: only layers have a batch of inbound nodes."""
    import_tensorflow()
    import keras

    name = layer["class_name"]
    if not isinstance(name, str):
        return True
    return "inbound_nodes" in layer and not hasattr(keras.layers, name) and name != "Functional"


def _load(path: Path, kind: str, custom: Sequence[str]) -> Any:
    import_tensorflow()
    import keras

    objects = dict(map(_custom_object, custom))
    try:
        with keras.utils.custom_object_scope(objects):
            if kind in _PICKLES:
                model = pickle.loads(path.read_bytes())  # noqa: S301
            else:
                # trusted: it was asked for
                model = keras.models.load_model(
                    path, custom_objects=objects, compile=False, safe_mode=False
                )
    except Exception as error:  # code of the file's maker may raise anything
        first = next((line for line in str(error).splitlines() if line.strip()), repr(error))
        raise CannotImport(
            f"{path} cannot be loaded: {first.strip()[:300]}",
            "name its own layers with --custom-objects MODULE:CLASS",
        ) from error
    if not isinstance(model, keras.Model):
        raise CannotImport(f"{path} holds a {type(model).__name__}, no Keras model")
    return model


def _custom_object(text: str) -> tuple[str, Any]:
    """``module:Class`` or ``Name=module:Class`` → name and object; the working folder counts."""
    alias, _, place = text.rpartition("=")
    module_name, colon, attribute = place.partition(":")
    if not (module_name and colon and attribute):
        raise CannotImport(
            f"--custom-objects {text!r} is not MODULE:CLASS", "for example: style.AdaIN:AdaIN"
        )
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return alias or attribute, getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise CannotImport(
            f"--custom-objects {text!r}: {error}", "run the command where the module lies"
        ) from error


def _export(model: Any, folder: Path) -> None:
    """Write the model with inputs in1, in2, … (one: in1) and the output out."""
    tf = import_tensorflow()
    import keras

    specs = [
        tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype, name=f"in{number}")
        for number, tensor in enumerate(model.inputs, 1)
    ]

    def serve(*tensors: Any) -> dict[str, Any]:
        made = model(list(tensors) if len(tensors) > 1 else tensors[0], training=False)
        outputs = made if isinstance(made, list | tuple) else [made]
        return {"out" if i == 0 else f"out{i + 1}": each for i, each in enumerate(outputs)}

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, serve, input_signature=specs)
    archive.write_out(str(folder), verbose=False)
