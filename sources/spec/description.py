"""A model: what its model.toml says, where it lies, and the digest that its pictures carry."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from sources.spec.bad_model import BadModel
from sources.spec.finish import Finish
from sources.spec.inputs import (
    Input,
    ModelCategory,
    OnnxCall,
    Output,
    SavedModelCall,
    Truncation,
)
from sources.spec.litert_file import read_litert_file, sha256_of
from sources.spec.model_toml import Contents, read_contents
from sources.spec.onnx_file import weight_files

__all__ = ["BadModel", "Input", "Model", "ModelCategory", "Output", "Truncation", "read_model"]

LITERT, ONNX, SAVED_MODEL = "litert", "onnx", "savedmodel"
SERVING, PYTHON = "serving", "python"
RUNTIMES = (LITERT, ONNX, SAVED_MODEL)  # those that may be written behind a name, the usual first
_GRAPHS = ("saved_model.pb", "saved_model.pbtxt")
_CHUNK_BYTES = 2**20


@dataclass(frozen=True)
class Model:
    """A named, versioned generator."""

    name: str
    version: int
    title: str
    licence: str
    size_px: int  # of what the generator makes, as channels is
    channels: int
    inputs: tuple[Input, ...]
    output: Output
    truncation: Truncation
    categories: tuple[ModelCategory, ...]
    litert_file: str  # empty where there is none
    litert_signatures: dict[int, str]  # by batch size
    folder: Path  # of a remote model: one that need not exist
    digest: str  # SHA-256 of the weights and of how they are called
    saved_model: SavedModelCall | None = None
    runtime: str = LITERT  # one of RUNTIMES, serving or python
    address: str = ""  # tfserving://… or grpc://… of a server's, python:module:Class of a class
    also_litert: bool = False  # a SavedModel whose folder holds a LiteRT file, the default
    litert_sha256: str = ""  # of the LiteRT file that the digest was taken of
    finish: Finish | None = None  # what pictures go through before they are stored
    onnx: OnnxCall | None = None
    is_exported: bool = (
        False  # its model.toml says the file's hash, as `flask gan export` writes it
    )

    @property
    def label(self) -> str:
        """``name/version``, as recorded with each picture, and what finds the model again.

        With ``:savedmodel`` or ``:onnx`` where that had to be asked for: its pictures differ in a
        few bits.
        """
        has = {LITERT: self.also_litert, ONNX: self.onnx is not None}
        before = RUNTIMES[: RUNTIMES.index(self.runtime)] if self.runtime in RUNTIMES else ()
        asked_for = any(has[each] for each in before)
        return f"{self.name}/{self.version}{':' + self.runtime if asked_for else ''}"

    def truncations_of(self, category: ModelCategory) -> tuple[float, float]:
        """Return the range that a category's truncations are drawn from by default."""
        return category.truncations or self.truncation.default

    @property
    def stored_px(self) -> int:
        """The width and height of what is stored."""
        return self.size_px if self.finish is None else self.finish.size_px

    @property
    def is_single(self) -> bool:
        """Whether one call makes one picture."""
        return "N" not in self.output.layout or any(
            i.kind == "seed" and i.shape == "scalar" for i in self.inputs
        )

    @property
    def is_scalar(self) -> bool:
        """Whether one call takes one truncation for all its pictures."""
        return any(i.kind == "truncation" and i.shape == "scalar" for i in self.inputs)


def read_model(folder: Path, runtime: str = "") -> Model:
    """Read ``folder``/model.toml and take the digest of its weights.

    ``runtime``: one of `RUNTIMES`; by default the first of them that model.toml has. Raises
    `BadModel`.
    """
    contents = read_contents(folder / "model.toml")
    if not runtime:
        runtime = LITERT if contents.litert_file else ONNX if contents.onnx else SAVED_MODEL
    return to_model(contents, folder, runtime)


def to_model(contents: Contents, folder: Path, runtime: str) -> Model:
    """Return the model that ``contents`` describes, with weights in ``folder``."""
    saved_model = contents.saved_model
    files = weights_of(contents, folder, runtime)
    is_exported = bool(contents.litert_sha256)
    if runtime == LITERT:
        content = read_litert_file(files[0], contents.litert_sha256)
        contents = replace(contents, litert_sha256=sha256_of(content))
    elif runtime == ONNX:
        assert contents.onnx is not None
        read_litert_file(files[0], contents.onnx.sha256, ONNX)
    else:
        saved_model = saved_model or SavedModelCall()
    return Model(
        **{**vars(contents), "saved_model": saved_model},
        folder=folder,
        digest=digest_of(contents, folder, files, runtime),
        runtime=runtime,
        also_litert=bool(contents.litert_file),
        is_exported=is_exported,
    )


def weights_of(contents: "Contents | Model", folder: Path, runtime: str) -> list[Path]:
    """Return the files that a runtime needs of a model, the main one first. Raises `BadModel`."""
    if runtime == SAVED_MODEL:
        return saved_model_files(folder)
    toml = folder / "model.toml"
    name = contents.litert_file if runtime == LITERT else contents.onnx and contents.onnx.file
    called = {LITERT: "LiteRT", ONNX: "ONNX"}[runtime]
    if not name:
        raise BadModel(f"{toml} names no {called} file", f"leave :{runtime} out")
    path = folder / name
    if not path.is_file():
        raise BadModel(
            f"{toml}: {runtime}.file is {name!r}, but there is no such file",
            "export or fetch the model again",
        )
    return [path] if runtime == LITERT else weight_files(path)


def is_saved_model(folder: Path) -> bool:
    """Say whether a folder holds a SavedModel."""
    return any((folder / name).is_file() for name in _GRAPHS)


def saved_model_files(folder: Path) -> list[Path]:
    """Return graph, variables and assets of a SavedModel. Raises `BadModel`."""
    if not is_saved_model(folder):
        raise BadModel(
            f"{folder} is no SavedModel: it holds neither saved_model.pb nor saved_model.pbtxt",
            "name the folder that holds one of them",
        )
    files = [folder / name for name in _GRAPHS if (folder / name).is_file()]
    for part in ("variables", "assets"):
        files += sorted(path for path in (folder / part).rglob("*") if path.is_file())
    return files


def digest_of(contents: Contents, folder: Path, files: list[Path], runtime: str) -> str:
    """Return the SHA-256, hexadecimal, of weights and of how they are called.

    Of a LiteRT file the bytes alone, as it has been from the first version on, and of an ONNX
    file; of a SavedModel, and of weights beside an ONNX file, names and bytes.
    """
    digest = hashlib.sha256()
    for number, path in enumerate(files):
        if runtime == SAVED_MODEL or (runtime == ONNX and number):
            digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    digest.update(call_of(contents.inputs, contents.output))
    digest.update(finish_of(contents.finish))
    if runtime == SAVED_MODEL and contents.saved_model is not None:
        digest.update(contents.saved_model.signature.encode())
    return digest.hexdigest()


def finish_of(finish: Finish | None) -> bytes:
    """Return a finish in the form that digests cover: nothing where there is none."""
    return b"" if finish is None else json.dumps(finish.described(), sort_keys=True).encode()


def call_of(inputs: tuple[Input, ...], output: Output) -> bytes:
    """Return how a model is called, in the form that digests cover."""
    call = {"inputs": [given.call() for given in inputs], "output": output.call()}
    return json.dumps(call, sort_keys=True).encode()
