"""How a model is called: inputs, output, truncation, categories. What model.toml says of them."""

import math
from dataclasses import dataclass, fields
from typing import Any

KINDS = ("latent", "noise", "category", "choice", "truncation", "constant", "seed", "text")
DISTRIBUTIONS = ("truncated_normal", "normal", "uniform")
ENCODINGS = ("one_hot", "index")
ROUNDINGS = ("nearest", "floor_256")
LAYOUTS = ("NHWC", "NCHW", "NHW", "HWC", "CHW", "HW")  # without N: one picture per call
DTYPES = (
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
    "uint64", "bool", "string",
)  # fmt: skip


@dataclass(frozen=True)
class Input:
    """One input of a model's signature."""

    name: str
    kind: str  # one of KINDS
    width: int = 0  # of a latent vector or a one-hot one
    distribution: str = "truncated_normal"  # of a latent or noise: standard normal cut at ±2
    encoding: str = "one_hot"  # of a category or choice: one_hot or index
    among: tuple[int, ...] = ()  # a choice is drawn from these by the picture's seed
    shape: str = "per_picture"  # or scalar: of a truncation, constant, seed or text
    dims: tuple[int, ...] = ()  # of one picture's value, where that is not [width] or a number
    range: tuple[float, float] = (-1.0, 1.0)  # of a uniform distribution
    scaled: bool = False  # a latent is multiplied by the truncation before it is given
    dtype: str = ""  # float32, of an index int32, where it is empty
    value: float = 0.0  # of a constant
    part_of: str = ""  # the signature's input of which this is a part, one after the other
    texts: tuple[str, ...] = ()  # by label

    @property
    def tensor(self) -> str:
        """The name of the signature's input."""
        return self.part_of or self.name

    @property
    def size(self) -> int:
        """Numbers in one picture's value."""
        return math.prod(self.dims) if self.dims else self.width

    def call(self) -> dict[str, Any]:
        """Return what the digest covers."""
        return _covered(self, _FIRST_FIELDS)


_FIRST_FIELDS = 7  # name … shape


def _covered(described: Any, first: int) -> dict[str, Any]:
    """Return the first fields of a description, and later ones where they are used.

    A field that is added to it must not change the digests of models without it.
    """
    return {
        field.name: getattr(described, field.name)
        for number, field in enumerate(fields(described))
        if number < first or getattr(described, field.name) != field.default
    }


@dataclass(frozen=True)
class Output:
    """The output that holds the pictures."""

    name: str
    range: tuple[float, float]
    rounding: str = "nearest"
    layout: str = "NHWC"
    shape: tuple[int, ...] = ()  # of one picture, where the output is flat; without N

    def call(self) -> dict[str, Any]:
        """Return what the digest covers."""
        return _covered(self, _FIRST_OUTPUT_FIELDS)


_FIRST_OUTPUT_FIELDS = 4  # name … layout


@dataclass(frozen=True)
class Truncation:
    """The truncations that a model takes, and those it is drawn from by default."""

    lowest: float
    highest: float
    default: tuple[float, float]


NO_TRUNCATION = Truncation(1.0, 1.0, (1.0, 1.0))


@dataclass(frozen=True)
class ModelCategory:
    """A label that a generator knows."""

    label: int
    slug: str
    name: str
    hidden: bool = False  # drawn only where it is asked for by its slug
    truncations: tuple[float, float] | None = None  # its own range; None: the model's
    why_hidden: str = ""  # the owner's reason, where one is given
    of: str = ""  # the category whose label it is, where it shows some concepts of that one alone
    concepts: tuple[str, ...] = ()  # these
    is_live: bool = True  # whether live pictures show it where no category is asked for

    @property
    def family(self) -> str:
        """The slug by which a curator knows it: its own, or that of what it is a part of."""
        return self.of or self.slug


@dataclass(frozen=True)
class SavedModelCall:
    """Which part of a SavedModel makes pictures."""

    signature: str = "serving_default"
    tags: tuple[str, ...] | None = None  # None: the only tag set there is
    batch: int = 8  # most pictures per call
    png_signature: str = ""  # one whose output `image_bytes` holds PNG files


@dataclass(frozen=True)
class OnnxCall:
    """An ONNX file in a model's folder, which has one function."""

    file: str
    batch: int = 8  # most pictures per call
    sha256: str = ""  # that it shall have; empty: any
