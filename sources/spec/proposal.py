"""A model.toml proposed from a signature: what the graph says, and marked guesses for the rest."""

import json
import math
import re
from collections.abc import Iterator

from core.slugs import slugify
from sources.spec.signatures import Signature, TensorInfo

_LABEL = re.compile(r"(^|_)(y|c|labels?|class(es)?|categor(y|ies)|cond(ition)?s?)\d*($|_)", re.I)
_TRUNCATION = re.compile(r"trunc|psi", re.I)
_SIZE_GUESS, _LABELS_GUESS = 64, 10
_MOST_LABELS = 10_000
IMAGENET = 1000


def propose(
    signature: Signature, name: str, tags: tuple[str, ...] | None = None, version: int = 1
) -> str:
    """Return the text of a model.toml that calls ``signature``, with ``# guessed`` where it may
    have to be changed."""
    output, layout, size_px, channels = _pictures(signature)
    kinds = {info.key: _kind(info, layout) for info in signature.inputs.values()}
    _need_a_latent(kinds, signature)
    widths = [_width(signature.inputs[key]) for key, kind in kinds.items() if kind == "one_hot"]
    lines = [
        f'name = "{slugify(name)}"',
        f"version = {version}",
        f'title = "{name}"',
        'licence = "unknown"  # of the weights',
        f"size_px = {size_px or _SIZE_GUESS}"
        + ("" if size_px else "  # guessed: the graph does not say"),
        f"channels = {channels}",
    ]
    if IMAGENET in widths:
        lines.append('categories = "imagenet"  # guessed from the width of 1,000')
    lines += ["", "[saved_model]", f'signature = "{signature.name}"']
    if tags is not None:
        lines.append(f"tags = {json.dumps(list(tags))}")
    for key, kind in kinds.items():
        lines += ["", f"[inputs.{_quoted(key)}]", *_input_lines(kind, signature.inputs[key])]
    lines += [
        "",
        "[output]",
        f'name = "{output}"',
        f'layout = "{layout}"',
        "range = [-1.0, 1.0]  # guessed: that of tanh; a sigmoid's is [0.0, 1.0]",
        'rounding = "nearest"',
    ]
    if "truncation" in kinds.values() or "scalar_truncation" in kinds.values():
        lines += [
            "", "[truncation]  # guessed", "lowest = 0.02", "highest = 1.0", "default = [0.4, 0.7]",
        ]  # fmt: skip
    labels = max((width for width in widths if width != IMAGENET), default=0)
    if "index" in kinds.values() and not labels:
        labels = _LABELS_GUESS
    for label in range(min(labels, _MOST_LABELS)):
        lines += [
            "", "[[categories]]", f"label = {label}", f'slug = "category_{label}"',
            f'name = "category {label}"  # guessed',
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def best_signature(signatures: dict[str, Signature]) -> Signature | None:
    """Return the signature that most looks like a generator's, None where there is none."""
    for found in _usual_first(signatures):
        if any(_is_picture(info) for info in found.outputs.values()):
            return found
    return next(_usual_first(signatures), None)


def _usual_first(signatures: dict[str, Signature]) -> Iterator[Signature]:
    names = sorted(signatures, key=lambda name: (name not in ("serving_default", "default"), name))
    return (signatures[name] for name in names)


def _is_picture(info: TensorInfo) -> bool:
    shape = info.shape
    return (
        shape is not None
        and len(shape) == 4
        and "float" in info.dtype
        and (shape[3] in (1, 3, 4, None) or shape[1] in (1, 3, 4))
    )


def _pictures(signature: Signature) -> tuple[str, str, int | None, int]:
    """Return name, layout, height and channels of the output that holds the pictures."""
    outputs = sorted(signature.outputs.values(), key=lambda info: not _is_picture(info))
    if not outputs:
        return "pictures", "NHWC", None, 3
    found = outputs[0]
    shape = found.shape if found.shape is not None and len(found.shape) == 4 else (None,) * 4
    if shape[3] not in (1, 3, 4) and shape[1] in (1, 3, 4):
        return found.key, "NCHW", shape[2], max(3, shape[1] or 3)
    return found.key, "NHWC", shape[1], 4 if shape[3] == 4 else 3


def _kind(info: TensorInfo, layout: str) -> str:
    """Guess what an input is for: by its type, then its name, then its shape."""
    shape = info.shape
    if shape is None:
        return "truncation" if _TRUNCATION.search(info.key) else "latent"
    if info.dtype == "bool":
        return "constant"
    if not shape:
        return "scalar_truncation" if _TRUNCATION.search(info.key) else "scalar_constant"
    if _TRUNCATION.search(info.key):
        return "truncation"
    if "int" in info.dtype:
        return "index" if math.prod(n or 1 for n in shape[1:]) == 1 else "one_hot"
    if len(shape) == 2 and _width(info) > 1 and (_LABEL.search(info.key) or shape[1] == IMAGENET):
        return "one_hot"
    channels = shape[1 if layout == "NCHW" else 3] if len(shape) == 4 else None
    if len(shape) == 4 and channels in (1, 3) and math.prod(n or 1 for n in shape[1:3]) > 1:
        return "noise"
    return "constant" if math.prod(n or 2 for n in shape[1:]) == 1 else "latent"


def _need_a_latent(kinds: dict[str, str], signature: Signature) -> None:
    """Let the widest input be the latent where nothing looks like one."""
    if "latent" in kinds.values() or not kinds:
        return
    kinds[max(kinds, key=lambda key: _width(signature.inputs[key]))] = "latent"


def _width(info: TensorInfo) -> int:
    return math.prod(n or 1 for n in (info.shape or ())[1:])


def _input_lines(kind: str, info: TensorInfo) -> list[str]:
    dims = [n or 1 for n in (info.shape or ())[1:]]
    dtype = [] if info.dtype == "float32" else [f'dtype = "{info.dtype}"']
    unknown = info.shape is None or None in info.shape[1:]
    guess = "  # guessed: the graph does not say" if unknown else ""
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
        return ['kind = "category"', 'encoding = "one_hot"', f"width = {_width(info)}", *dtype]
    if kind == "index":
        shape = [f"shape = {dims}"] if dims else []
        number = [f'dtype = "{info.dtype}"'] if info.dtype != "int32" else []
        return ['kind = "category"', 'encoding = "index"', *shape, *number]
    if kind == "scalar_truncation":
        return ['kind = "truncation"', 'shape = "scalar"', *dtype]
    if kind == "truncation":
        return ['kind = "truncation"', *([f"shape = {dims}"] if dims else []), *dtype]
    if kind == "scalar_constant" or not info.shape:
        shape = ['shape = "scalar"']
    else:
        shape = [f"shape = {dims}"] if dims else []
    value = "0" if info.dtype == "bool" else "1.0"
    return ['kind = "constant"', f"value = {value}  # guessed", *shape, *dtype]


def _quoted(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'
