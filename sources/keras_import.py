"""A Keras file of old → a SavedModel with a signature and a model.toml. Offline only.

What a Keras file holds is not only numbers: Lambda layers are code, custom layers are imported
by name, and a pickle is code altogether. So a file with code in it is not opened for more than a
look unless the owner says that it is trusted.
"""

import importlib
import json
import pickle
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.files import folder_written_whole
from core.packages import import_tensorflow
from core.slugs import slugify
from sources.keras_file import CannotImport, code_in, config_of, described
from sources.spec.proposal import propose
from sources.spec.roads import KERAS_ENDINGS, is_stylegan, road_from
from sources.spec.signatures import read_graphs

__all__ = ["CannotImport", "import_file", "look"]

_PICKLES = (".pkl", ".pickle", ".joblib")
_HDF5 = (".h5", ".hdf5")
_UNGROUPED = ("Conv2DTranspose", "Conv1DTranspose", "Conv3DTranspose", "DepthwiseConv2D")
SIGNATURE = "serving_default"


def look(path: Path, models_folder: Path, name: str | None = None) -> tuple[Path, list[str]]:
    """Return where a file's model would be put, and what in it would run. Nothing is opened for
    more than a look. Raises `CannotImport`, and `BadModel` for files of other programs."""
    kind = path.suffix.lower()
    if not path.is_file():
        raise CannotImport(f"there is no file {path}", "name a .h5, .keras or .pkl file")
    if kind not in (*_PICKLES, *KERAS_ENDINGS) or (kind in _PICKLES and is_stylegan(path)):
        if refused := road_from(path):
            raise refused
        raise CannotImport(
            f"{path} is no Keras file by its name", "name a .h5, .hdf5, .keras or .pkl file"
        )
    chosen = slugify(name or path.stem)
    numbers = [int(p.name) for p in (models_folder / chosen).glob("*") if p.name.isdigit()]
    target = models_folder / chosen / str(max(numbers, default=0) + 1)
    code = ["a pickle, which is code altogether"] if kind in _PICKLES else code_in(path)
    return target, [f"{path.name} holds {what}" for what in code]


def import_file(
    path: Path, models_folder: Path, custom: Sequence[str], trust: bool, name: str | None = None
) -> tuple[Path, list[str]]:
    """Write models/<name>/<next version>/; return it and notes.

    A file that holds code is opened with ``trust`` alone. Raises `CannotImport`.
    """
    target, notes = look(path, models_folder, name)
    if notes and not trust:
        raise CannotImport(
            f"{path} is not trusted ({'; '.join(notes)}): opening it may run code of whoever made "
            "it, with your rights, on this machine",
            "if you trust them, add --trust",
        )
    model = _load(path, custom, trust)
    with folder_written_whole(target) as temporary:
        _export(model, temporary)
        signature = read_graphs(temporary)[0].signatures[SIGNATURE]
        text = propose(signature, target.parent.name, version=int(target.name))
        (temporary / "model.toml").write_text(text, encoding="utf-8")
    return target, notes


def _load(path: Path, custom: Sequence[str], trust: bool) -> Any:
    import_tensorflow()
    import keras

    objects = dict(map(_custom_object, custom))
    try:
        with keras.utils.custom_object_scope(objects):
            if path.suffix.lower() in _PICKLES:
                model = pickle.loads(path.read_bytes())  # noqa: S301
            else:
                with _readable(path) as readable:
                    model = keras.models.load_model(
                        readable, custom_objects=objects, compile=False, safe_mode=not trust
                    )
    except Exception as error:  # code of the file's maker may raise anything
        if path.suffix.lower() in _HDF5 and (model := _load_as_keras_2(path, objects, trust)):
            return model
        first = next((line for line in str(error).splitlines() if line.strip()), repr(error))
        raise CannotImport(
            f"{path} cannot be loaded: {first.strip()[:300]}",
            "name its own layers with --custom-objects MODULE:CLASS",
        ) from error
    if not isinstance(model, keras.Model):
        raise CannotImport(f"{path} holds a {type(model).__name__}, no Keras model")
    return model


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """Yield a file that Keras 3 reads: itself, or a copy without what Keras 2 wrote in vain.

    Keras 2 says of transposed convolutions that they have 1 group, which Keras 3 refuses.
    """
    config = config_of(path) if path.suffix.lower() in _HDF5 else None
    if config is None or not _drop_groups(config):
        yield path
        return
    import h5py

    with tempfile.TemporaryDirectory(prefix="nonesuch-") as folder:
        copy = Path(shutil.copy(path, folder))
        with h5py.File(copy, "r+") as file:
            del file.attrs["model_config"]
            file.attrs["model_config"] = json.dumps(config)
        yield copy


def _drop_groups(config: Any) -> int:
    """Take ``groups: 1`` away from layers that have none; return how many there were."""
    dropped = 0
    for layer in described(config):
        inner = layer.get("config")
        if layer["class_name"] in _UNGROUPED and isinstance(inner, dict):
            dropped += inner.get("groups") == 1 and inner.pop("groups") == 1
    return dropped


def _load_as_keras_2(path: Path, objects: dict[str, Any], trust: bool) -> Any:
    """Return a model of tf_keras, which is Keras 2; None where that is missing or fails too."""
    try:
        import tf_keras
    except ImportError:
        return None
    try:
        with tf_keras.utils.custom_object_scope(objects):
            return tf_keras.models.load_model(path, compile=False, safe_mode=not trust)
    except Exception:  # what Keras 3 said is told
        return None


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
    """Write the model under the names of its inputs; the output is out, or those of its layers."""
    tf = import_tensorflow()
    import keras

    specs = [
        tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype, name=name)
        for name, tensor in zip(_names(model.inputs), model.inputs, strict=True)
    ]
    names = _names(model.outputs) if len(model.outputs) > 1 else ["out"]

    def serve(*tensors: Any) -> dict[str, Any]:
        made = model(list(tensors) if len(tensors) > 1 else tensors[0], training=False)
        outputs = made if isinstance(made, list | tuple) else [made]
        return dict(zip(names, outputs, strict=True))

    if isinstance(model, keras.Model):
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint(SIGNATURE, serve, input_signature=specs)
        archive.write_out(str(folder), verbose=False)
    else:
        module = tf.Module()
        module.model = model
        module.serve = tf.function(serve, input_signature=specs)
        tf.saved_model.save(module, str(folder), signatures={SIGNATURE: module.serve})


def _names(tensors: Sequence[Any]) -> list[str]:
    """Return the names of the layers that tensors come from, each once: Keras numbers tensors."""
    found: list[str] = []
    for tensor in tensors:
        history = getattr(tensor, "_keras_history", None)
        layer = getattr(history, "operation", None) or getattr(history, "layer", None)
        name = re.sub(r"\W", "_", str(getattr(layer, "name", "") or tensor.name)) or "in"
        name = f"in_{name}" if not name[0].isalpha() else name
        found.append(name if name not in found else f"{name}_{len(found) + 1}")
    return found
