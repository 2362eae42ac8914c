"""How a model is called: inputs, output, truncation, categories. What model.toml says of them."""

import math
from dataclasses import dataclass, fields
from typing import Any

KINDS = ("latent", "noise", "category", "choice", "truncation", "constant")
DISTRIBUTIONS = ("truncated_normal", "normal", "uniform")
ENCODINGS = ("one_hot", "index")
ROUNDINGS = ("nearest", "floor_256")
LAYOUTS = ("NHWC", "NCHW")
DTYPES = ("float16", "float32", "float64", "int32", "int64", "uint8", "bool")


@dataclass(frozen=True)
class Input:
    """One input of a model's signature."""

    name: str
    kind: str  # one of KINDS
    width: int = 0  # of a latent vector or a one-hot one
    distribution: str = "truncated_normal"  # of a latent or noise: standard normal cut at ±2
    encoding: str = "one_hot"  # of a category or choice: one_hot or index
    among: tuple[int, ...] = ()  # a choice is drawn from these by the picture's seed
    shape: str = "per_picture"  # of a truncation or constant: per_picture or scalar
    dims: tuple[int, ...] = ()  # of one picture's value, where that is not [width] or a number
    range: tuple[float, float] = (-1.0, 1.0)  # of a uniform distribution
    scaled: bool = False  # a latent is multiplied by the truncation before it is given
    dtype: str = ""  # float32, of an index int32, where it is empty
    value: float = 0.0  # of a constant

    @property
    def size(self) -> int:
        """Numbers in one picture's value."""
        return math.prod(self.dims) if self.dims else self.width

    def call(self) -> dict[str, Any]:
        """Return what the digest covers: the first fields always, later ones where they are used.

        A field that is added to this class must not change the digests of models without it.
        """
        return {
            field.name: getattr(self, field.name)
            for number, field in enumerate(fields(self))
            if number < _FIRST_FIELDS or getattr(self, field.name) != field.default
        }


_FIRST_FIELDS = 7  # name … shape


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
