"""model.toml: how to call a model. Read once, checked with the line to change in every error."""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import NonesuchError

KINDS = ("latent", "category", "choice", "truncation")


class BadModel(NonesuchError):
    """A model's folder that lacks something or whose model.toml is wrong."""


@dataclass(frozen=True)
class ModelCategory:
    """A label that a generator knows."""

    label: int
    slug: str
    name: str


@dataclass(frozen=True)
class Input:
    """One input of a model's signature."""

    name: str
    kind: str  # one of KINDS
    width: int = 0
    distribution: str = "truncated_normal"  # of a latent: standard normal cut at ±2
    encoding: str = "one_hot"  # of a category or choice: one_hot or index
    among: tuple[int, ...] = ()  # a choice is drawn from these by the picture's seed
    shape: str = "per_picture"  # of a truncation: per_picture or scalar


@dataclass(frozen=True)
class Output:
    """The output that holds the pictures."""

    name: str
    range: tuple[float, float]
    rounding: str = "nearest"
    layout: str = "NHWC"


@dataclass(frozen=True)
class Truncation:
    """The truncations that a model takes, and those it is drawn from by default."""

    lowest: float
    highest: float
    default: tuple[float, float]


@dataclass(frozen=True)
class Model:
    """A named, versioned generator: what model.toml says, where it lies, and its digest."""

    name: str
    version: int
    title: str
    licence: str
    size_px: int
    channels: int
    inputs: tuple[Input, ...]
    output: Output
    truncation: Truncation
    categories: tuple[ModelCategory, ...]
    litert_file: str
    litert_signatures: dict[int, str]  # by batch size
    folder: Path
    digest: str  # SHA-256 of the weights' file and of how it is called

    @property
    def label(self) -> str:
        """``name/version``, as recorded with each picture."""
        return f"{self.name}/{self.version}"


def read_model(folder: Path) -> Model:
    """Read ``folder``/model.toml and take the digest of its LiteRT file. Raises `BadModel`."""
    path = folder / "model.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadModel(f"{folder} holds no model.toml", "see docs/models.md") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadModel(f"{path} is no TOML: {error}") from error
    try:
        return _to_model(values, folder)
    except KeyError as error:
        raise BadModel(f"{path} lacks {error.args[0]}", "see docs/models.md") from error
    except (TypeError, ValueError) as error:
        raise BadModel(f"{path} does not hold together: {error}", "see docs/models.md") from error


def _to_input(name: str, spec: dict[str, Any]) -> Input:
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in spec.items()
    }
    return Input(name=name, **values)


def _to_model(values: dict[str, Any], folder: Path) -> Model:
    inputs = tuple(_to_input(name, spec) for name, spec in values["inputs"].items())
    for given in inputs:
        if given.kind not in KINDS:
            raise ValueError(f"inputs.{given.name}.kind is {given.kind!r}, not one of {KINDS}")
    output = Output(**{**values["output"], "range": tuple(values["output"]["range"])})
    truncation = Truncation(
        values["truncation"]["lowest"],
        values["truncation"]["highest"],
        tuple(values["truncation"]["default"]),
    )
    litert = values["litert"]
    weights = folder / litert["file"]
    if not weights.is_file():
        raise ValueError(f"litert.file is {litert['file']!r}, but there is no such file")
    call = {
        "inputs": [asdict(given) for given in inputs],
        "output": asdict(output),
    }
    digest = hashlib.sha256(weights.read_bytes())
    digest.update(json.dumps(call, sort_keys=True).encode())
    return Model(
        name=values["name"],
        version=values["version"],
        title=values["title"],
        licence=values["licence"],
        size_px=values["size_px"],
        channels=values["channels"],
        inputs=inputs,
        output=output,
        truncation=truncation,
        categories=tuple(ModelCategory(**entry) for entry in values["categories"]),
        litert_file=litert["file"],
        litert_signatures={int(batch): name for batch, name in litert["signatures"].items()},
        folder=folder,
        digest=digest.hexdigest(),
    )
