"""Finding and opening models: by name, by handle, by path, by address.

emoji, emoji/1                 models/emoji/<version>/, the highest unless one is given
emoji:savedmodel               its SavedModel, on TensorFlow, instead of its LiteRT file
biggan-256, biggan-deep-128    from TF Hub or Kaggle Models, once fetched: sources.biggan.handles
./stylegan/1                   a folder with a SavedModel and its model.toml
./gan.onnx, ./gan.tflite       a file, with the model.toml beside it
python:module:Class            a class of yours, once it is trusted: sources.runtimes.python_class
tfserving://host:8501/emoji    on a TensorFlow Serving, by REST; /<version> behind it
grpc://host:8500/emoji         the same by gRPC
"""

import os
from pathlib import Path

from core.errors import NonesuchError
from core.files import expanded
from core.slugs import nearest
from sources.biggan.handles import HANDLES, Caches, cached_folder
from sources.runtimes.python_class import (
    SCHEME,
    NotTrusted,
    describe_class,
    find_class,
    is_trusted,
    trust,
)
from sources.runtimes.source import Source
from sources.serving.address import GRPC, REST
from sources.spec.description import (
    LITERT,
    ONNX,
    PYTHON,
    RUNTIMES,
    SERVING,
    BadModel,
    Model,
    read_model,
)
from sources.spec.imagenet import imagenet_categories
from sources.spec.roads import LITERT_ENDING, ONNX_ENDING, road_from


class UnknownModel(NonesuchError):
    """A model that is not to be found."""


def model_names(models_folder: Path) -> list[str]:
    """Return the names of the models that have at least one version."""
    if not models_folder.is_dir():
        return []
    return sorted(p.name for p in models_folder.iterdir() if p.is_dir() and versions_in(p))


def versions_in(folder: Path) -> list[int]:
    """Return the numbers that name folders in a folder, lowest first."""
    return sorted(int(p.name) for p in folder.iterdir() if p.name.isdigit() and p.is_dir())


def find_model(models_folder: Path, wanted: str, caches: Caches | None = None) -> Model:
    """Return a model by any of the forms above.

    ``caches``: where fetched modules lie, and what is trusted; only handles and classes need them.
    Raises `UnknownModel`, `NotTrusted`, `sources.biggan.handles.NotFetched`, `BadModel`, or what a
    server's answer raises.
    """
    if "://" in wanted:
        return _served(models_folder, wanted)
    if wanted.startswith(SCHEME) and wanted.count(":") > 1:
        return _of_class(wanted, caches)
    named, _, runtime = wanted.partition(":")
    if runtime not in ("", *RUNTIMES):
        raise UnknownModel(
            f"there is no runtime {runtime!r}",
            f"write {named}, or {' or '.join(f'{named}:{each}' for each in RUNTIMES[1:])}",
        )
    name, _, version = named.partition("/")
    if name in model_names(models_folder):
        return read_model(_version_folder(models_folder, name, version), runtime)
    if name in HANDLES:
        return _of_handle(name, version, caches)
    folder = expanded(named)
    if folder.exists() or named.startswith((".", "/", "~")):
        return _of_folder(folder, runtime)
    raise _unknown(name, model_names(models_folder))


def _version_folder(models_folder: Path, name: str, version: str) -> Path:
    versions = versions_in(models_folder / name)
    if version and (not version.isdigit() or int(version) not in versions):
        raise UnknownModel(
            f"model {name} has no version {version!r}",
            f"there are: {', '.join(map(str, versions))}",
        )
    return models_folder / name / (version or str(versions[-1]))


def _of_handle(name: str, version: str, caches: Caches | None) -> Model:
    from sources.biggan.description import read_biggan

    handle = HANDLES[name]
    if version not in ("", str(handle.version)):
        raise UnknownModel(
            f"model {name} has no version {version!r}", f"there is: {handle.version}"
        )
    return read_biggan(handle, cached_folder(handle, caches))


def _of_folder(folder: Path, runtime: str) -> Model:
    if folder.is_file():
        return _of_file(folder)
    if not folder.is_dir():
        raise UnknownModel(
            f"there is no folder {folder}", "name one that holds a SavedModel and its model.toml"
        )
    if not (folder / "model.toml").is_file():
        from sources.biggan.recognition import recognised_biggan

        found = recognised_biggan(folder)
        if found is not None:
            return found
        numbered = versions_in(folder)
        if numbered:
            folder = folder / str(numbered[-1])
    return read_model(folder, runtime)


def _of_class(text: str, caches: Caches | None) -> Model:
    place = find_class(text)
    if not is_trusted(place, caches.trusted if caches else None):
        raise NotTrusted(
            f"{place.file} is code that would run with your rights, on this machine",
            f"if you trust it as it is: flask pregen --model {place} --trust",
        )
    return describe_class(place)


def trust_class(text: str, caches: Caches) -> None:
    """Write down that ``python:module:Class`` may run, its file being as it is.

    Raises `BadModel` where there is no such file, `UnknownModel` for any other kind of model.
    """
    if not text.startswith(SCHEME) or text.count(":") < 2:
        raise UnknownModel(f"{text} needs no trust: it is no class of Python", "leave --trust out")
    assert caches.trusted is not None
    trust(find_class(text), caches.trusted)


def _of_file(path: Path) -> Model:
    """Return the model of a LiteRT or ONNX file. Raises `BadModel`, with the road from others."""
    runtime = {LITERT_ENDING: LITERT, ONNX_ENDING: ONNX}.get(path.suffix.lower())
    if runtime is None:
        raise road_from(path) or UnknownModel(
            f"{path} is no model by its name", "name a folder, a .tflite or an .onnx file"
        )
    if not (path.parent / "model.toml").is_file():
        raise BadModel(
            f"there is no model.toml beside {path}",
            f"propose one: flask models inspect {path} --write",
        )
    model = read_model(path.parent, runtime)
    named = model.litert_file if runtime == LITERT else model.onnx and model.onnx.file
    if named != path.name:
        raise BadModel(
            f"{path.parent / 'model.toml'} is about {named}, not about {path.name}",
            "put each file into a folder of its own",
        )
    return model


def _served(models_folder: Path, address: str) -> Model:
    """Ask the server; what is known here of a model of that name helps to describe it."""
    scheme, _, rest = address.partition("://")
    name = rest.partition("?")[0].rstrip("/").partition("/")[2].partition("/")[0]
    known = None
    if name in model_names(models_folder):
        known = read_model(_version_folder(models_folder, name, ""))
    elif name in HANDLES:
        from sources.biggan.description import known_biggan

        known = known_biggan(HANDLES[name])
    if scheme in (REST, GRPC):
        from sources.serving.connect import describe_served

        return describe_served(address, known)
    raise UnknownModel(
        f"there is no kind of address {scheme}://",
        "write tfserving://host:8501/name for REST, grpc://host:8500/name for gRPC",
    )


def _unknown(name: str, known: list[str]) -> UnknownModel:
    close = nearest(name, [*known, *(handle.replace("-", "_") for handle in HANDLES)])
    handles = {handle.replace("-", "_"): handle for handle in HANDLES}
    hint = (
        f"did you mean {handles.get(close, close)}?"
        if close
        else f"there are: {', '.join(known) or 'none'}; all of them: flask models list"
    )
    return UnknownModel(f"there is no model {name!r}", hint)


def open_source(model: Model, threads: int | None = None, *, check_range: bool = False) -> Source:
    """Load a model's weights, or connect; ``threads``: as many as there are cores by default.

    TensorFlow, LiteRT or ONNX Runtime is imported here, whichever is needed. ``check_range``: the
    first call raises `sources.runtimes.ranges.WrongRange` where its values do not fit model.toml.
    """
    threads = threads or os.cpu_count() or 1
    if model.runtime == SERVING:
        from sources.serving.connect import open_served

        return open_served(model, check_range=check_range)
    if model.runtime == LITERT:
        from sources.runtimes.litert import LiteRTSource

        return LiteRTSource(model, threads, check_range=check_range)
    if model.runtime == PYTHON:
        from sources.runtimes.python import PythonSource

        return PythonSource(model)
    if model.runtime == ONNX:
        from sources.runtimes.onnx import OnnxSource

        return OnnxSource(model, threads, check_range=check_range)
    from sources.runtimes.saved_model import SavedModelSource

    return SavedModelSource(model, threads, check_range=check_range)


def open_sources(model: Model, threads: int, *, check_range: bool = False) -> list[Source]:
    """Load a model for work on ``threads`` cores: what it returns may be called side by side.

    Of a LiteRT file one with a single thread for each core: together they are faster than one with
    all threads, which wait for each other at every layer. Of anything else one, with all threads.
    """
    if model.runtime == LITERT:
        return [open_source(model, 1, check_range=check_range) for _ in range(threads)]
    return [open_source(model, threads, check_range=check_range)]


def display_names(models_folder: Path) -> dict[str, str]:
    """Return slug → display name as the newest models say."""
    names: dict[str, str] = {}
    for name in model_names(models_folder):
        try:
            model = find_model(models_folder, name)
        except NonesuchError:
            continue  # a broken model must not keep an index from being rebuilt
        for category in model.categories:
            names.setdefault(category.slug, category.name)
    for category in imagenet_categories():
        names.setdefault(category.slug, category.name)
    return names
