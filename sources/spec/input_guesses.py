"""What an input of a signature is for: guessed from its type, its name and its shape."""

import math
import re
from collections.abc import Mapping

from sources.spec.signatures import TensorInfo

IMAGENET = 1000
_LABEL = re.compile(
    r"(^|_)(y|c|labels?|class(es)?|categor(y|ies)|cond(ition)?s?|one_?hots?)(_?in)?\d*($|_)", re.I
)
_TRUNCATION = re.compile(r"trunc|psi", re.I)
_LATENT = re.compile(r"(^|_)(z|w|ws|latents?|noise|styles?|codes?|random)\d*($|_)", re.I)
_SEED = re.compile(r"(^|_)seeds?\d*($|_)|rng", re.I)


def kinds_of(inputs: Mapping[str, TensorInfo], layout: str) -> dict[str, str]:
    """Return name → kind for all inputs of a signature; ``layout``: of its pictures.

    Kinds are those of model.toml, but that ``one_hot`` and ``index`` tell the two encodings of a
    category apart, and ``scalar_…`` what is one for a whole call.
    """
    kinds = {info.key: _kind(info, layout) for info in inputs.values()}
    vectors = [key for key, kind in kinds.items() if kind == "latent" and _is_vector(inputs[key])]
    widest = max(vectors, key=lambda key: width_of(inputs[key]), default="")
    for key in vectors:
        # a narrower vector beside the latent, which no name calls a latent too
        if width_of(inputs[key]) < width_of(inputs[widest]) and not _LATENT.search(key):
            kinds[key] = "one_hot"
    if "latent" not in kinds.values() and "seed" not in kinds.values():
        _need_one_drawn(kinds, inputs)
    return kinds


def _kind(info: TensorInfo, layout: str) -> str:
    shape = info.shape
    if info.dtype == "string":
        return "text" if shape is None or shape else "scalar_text"
    if shape is None:
        return "truncation" if _TRUNCATION.search(info.key) else "latent"
    if info.dtype == "bool":
        return "constant" if shape else "scalar_constant"
    if "int" in info.dtype and _SEED.search(info.key) and width_of(info) == 1:
        return "seed" if shape else "scalar_seed"
    if not shape:
        return "scalar_truncation" if _TRUNCATION.search(info.key) else "scalar_constant"
    if _TRUNCATION.search(info.key):
        return "truncation"
    if 0 in shape[1:]:
        return "constant"  # labels of no width: a network without categories that could have some
    if "int" in info.dtype:
        return "index" if width_of(info) == 1 else "one_hot"
    if len(shape) == 2 and width_of(info) > 1 and (_LABEL.search(info.key) or shape[1] == IMAGENET):
        return "one_hot"
    channels = shape[1 if layout == "NCHW" else 3] if len(shape) == 4 else None
    if len(shape) == 4 and channels in (1, 3) and math.prod(n or 1 for n in shape[1:]) > channels:
        return "noise"
    return "constant" if math.prod(n or 2 for n in shape[1:]) == 1 else "latent"


def _need_one_drawn(kinds: dict[str, str], inputs: Mapping[str, TensorInfo]) -> None:
    """Let something be drawn where nothing looks so: a whole number a seed, else the widest."""
    numbers = [
        key
        for key, info in inputs.items()
        if kinds[key] in ("index", "scalar_constant") and "int" in info.dtype
    ]
    vectors = [key for key in kinds if kinds[key] in ("one_hot", "noise", "constant")]
    if len(kinds) == len(numbers) == 1:
        key = numbers[0]
        kinds[key] = "seed" if inputs[key].shape else "scalar_seed"
    elif vectors and any(width_of(inputs[key]) > 1 for key in vectors):
        kinds[max(vectors, key=lambda key: width_of(inputs[key]))] = "latent"


def _is_vector(info: TensorInfo) -> bool:
    return info.shape is not None and len(info.shape) == 2


def width_of(info: TensorInfo) -> int:
    """Return how many numbers one picture's value has, 1 for each unknown length."""
    return math.prod(1 if n is None else n for n in (info.shape or ())[1:])


def table_of(kind: str, info: TensorInfo) -> list[str]:
    """Return the lines of an input's table in model.toml, of a kind that `kinds_of` gave."""
    dims = [1 if n is None else n for n in (info.shape or ())[1:]]
    dtype = [] if info.dtype == "float32" else [f'dtype = "{info.dtype}"']
    unknown = info.shape is None or None in info.shape[1:]
    guess = "  # guessed: the graph does not say" if unknown else ""
    is_scalar = kind.startswith("scalar_") or info.shape == ()
    kind = kind.removeprefix("scalar_")
    shape = ['shape = "scalar"'] if is_scalar else [f"shape = {dims}"] if dims else []
    if kind in ("latent", "noise"):
        size = f"width = {dims[0]}" if len(dims) == 1 else f"shape = {dims}"
        if info.shape is None:
            size = "width = 128"
        usual = "normal" if kind == "noise" or len(dims) != 1 else "truncated_normal"
        return [
            f'kind = "{kind}"', size + guess, *dtype,
            f'distribution = "{usual}"  # guessed: normal, truncated_normal or uniform',
        ]  # fmt: skip
    if kind == "one_hot":
        named = _LABEL.search(info.key) or width_of(info) == IMAGENET
        sure = "" if named else '  # guessed: kind = "latent" if it is a second one'
        return [
            f'kind = "category"{sure}', 'encoding = "one_hot"', f"width = {width_of(info)}", *dtype,
        ]  # fmt: skip
    if kind in ("index", "seed"):
        number = [f'dtype = "{info.dtype}"'] if info.dtype != "int32" else []
        if kind == "seed":
            return ['kind = "seed"', *shape, *number]
        return ['kind = "category"', 'encoding = "index"', *([] if is_scalar else shape), *number]
    if kind == "text":
        return [
            'kind = "text"', *shape,
            '# texts = ["a red dragon", "a house"]  # yours to write: one for each category',
        ]  # fmt: skip
    if kind == "truncation":
        return ['kind = "truncation"', *shape, *dtype]
    value = "0" if info.dtype == "bool" else "1.0"
    return ['kind = "constant"', f"value = {value}  # guessed", *shape, *dtype]
