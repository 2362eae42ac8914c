"""A model.toml proposed from a signature: what the graph says, and marked guesses for the rest."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from core.slugs import slugify
from sources.spec.description import BadModel
from sources.spec.input_guesses import IMAGENET, kinds_of, table_of, width_of
from sources.spec.picture_outputs import Pictures, pictures_of
from sources.spec.signatures import Signature, TensorInfo

_SIZE_GUESS, _LABELS_GUESS = 64, 10
_MOST_LABELS = 10_000
_NEARLY = 0.02  # of a range, by which quantised numbers fall short of it


def propose(
    signature: Signature, name: str, weights: Sequence[str] | None = None, version: int = 1
) -> str:
    """Return the text of a model.toml that calls ``signature``, with ``# guessed`` where it may
    have to be changed.

    ``weights``: the lines of the table that says where it is; by default `saved_model_table`.
    Raises `BadModel` where the signature takes nothing.
    """
    if not signature.inputs:
        raise BadModel(
            f"signature {signature.name} takes no input: no seed could decide its pictures, and "
            "none could be made again",
            "export it with its latent, or a seed, as an input; or save pictures of it and take "
            "those in: flask adopt FOLDER",
        )
    pictures = pictures_of(signature)
    kinds = kinds_of(signature.inputs, pictures.layout if pictures else "NHWC")
    widths = [width_of(signature.inputs[key]) for key, kind in kinds.items() if kind == "one_hot"]
    size_px = pictures.size_px if pictures else None
    lines = [
        f'name = "{slugify(name)}"',
        f"version = {version}",
        f"title = {json.dumps(name, ensure_ascii=False)}",
        'licence = "unknown"  # of the weights',
        f"size_px = {size_px or _SIZE_GUESS}"
        + ("" if size_px else "  # guessed: the graph does not say"),
        f"channels = {pictures.channels if pictures else 3}",
    ]
    if IMAGENET in widths:
        lines.append('categories = "imagenet"  # guessed from the width of 1,000')
    lines += ["", *(saved_model_table(signature) if weights is None else weights)]
    for key, kind in kinds.items():
        info = signature.inputs[key]
        lines += ["", f"[inputs.{_quoted(key)}]", *table_of(kind, info)]
    if list(kinds.values()) == ["latent"]:
        (key,) = kinds
        lines += [
            "# where a category is joined to the latent, as in Keras's conditional GAN, write two",
            f"# tables [[inputs.{_quoted(key)}]] instead, in their order: see docs/models.md",
        ]
    lines += ["", *_output_table(signature, pictures)]
    if any(kind.endswith("truncation") for kind in kinds.values()):
        lines += [
            "", "[truncation]  # guessed", "lowest = 0.02", "highest = 1.0", "default = [0.4, 0.7]",
        ]  # fmt: skip
    return "\n".join([*lines, *_category_tables(kinds, widths)]) + "\n"


def saved_model_table(signature: Signature, tags: tuple[str, ...] | None = None) -> list[str]:
    """Return the lines of [saved_model]; ``tags``: where there is more than one graph."""
    lines = ["[saved_model]", f'signature = "{signature.name}"']
    return lines if tags is None else [*lines, f"tags = {json.dumps(list(tags))}"]


def _output_table(signature: Signature, pictures: Pictures | None) -> list[str]:
    if pictures is None:
        seen = "; ".join(map(str, signature.outputs.values())) or "none"
        first = next(iter(signature.outputs), "pictures")
        return [
            "[output]",
            f"name = {json.dumps(first)}  # guessed: no output looks like pictures: {seen}",
            'layout = "NHWC"  # guessed',
            "range = [-1.0, 1.0]  # guessed",
            'rounding = "nearest"',
        ]
    shape = [f"shape = {list(pictures.shape)}  # guessed"] if pictures.shape else []
    return [
        "[output]",
        f"name = {json.dumps(pictures.info.key)}",
        f'layout = "{pictures.layout}"',
        *shape,
        f"range = {_range_of(pictures.info)}",
        'rounding = "nearest"',
    ]


def _range_of(info: TensorInfo) -> str:
    if "int" in info.dtype:
        return "[0.0, 255.0]"
    if info.quantised is not None:
        low, high = info.quantised.between
        for usual in ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0)):
            margin = _NEARLY * (usual[1] - usual[0])
            if abs(low - usual[0]) < margin and abs(high - usual[1]) < margin:
                return f"[{usual[0]}, {usual[1]}]"
        return f"[{low:.4g}, {high:.4g}]  # guessed: all that {info.quantised.dtype} can hold"
    return "[-1.0, 1.0]  # guessed: that of tanh; a sigmoid's is [0.0, 1.0]"


def _category_tables(kinds: Mapping[str, str], widths: Sequence[int]) -> list[str]:
    labels = max((width for width in widths if width != IMAGENET), default=0)
    if "index" in kinds.values() and not labels:
        labels = _LABELS_GUESS
    lines = []
    for label in range(min(labels, _MOST_LABELS)):
        lines += [
            "", "[[categories]]", f"label = {label}", f'slug = "category_{label}"',
            f'name = "category {label}"  # guessed',
        ]  # fmt: skip
    return lines


def best_signature(signatures: dict[str, Signature]) -> Signature | None:
    """Return the signature that most looks like a generator's, None where there is none."""
    for found in _usual_first(signatures):
        if found.inputs and pictures_of(found):
            return found
    return next(_usual_first(signatures), None)


def _usual_first(signatures: dict[str, Signature]) -> Iterator[Signature]:
    names = sorted(signatures, key=lambda name: (name not in ("serving_default", "default"), name))
    return (signatures[name] for name in names)


def _quoted(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)
