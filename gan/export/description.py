"""model.toml: for machines, how to call the model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from core.slugs import slugify
from gan.dataset.files import Label
from gan.export.litert import BATCHES, signature_name
from gan.export.serving import PNG_SIGNATURE, SIGNATURE
from gan.methods.trained import Trained
from gan.networks.generator import GeneratorInput, width_of
from sources.spec.finish import VERSIONS

TRUNCATION_RANGE = (0.02, 1.0)


@dataclass(frozen=True)
class ModelAbout:
    """What the owner decides about an exported model."""

    name: str
    version: int
    title: str
    licence: str
    precision: str = "float16"  # of the LiteRT file's weights
    truncations: Mapping[str, Any] | None = None  # of `flask gan truncations`
    finish_px: int = 0  # width and height of the finished pictures; 0: no finish


def text(value: str) -> str:
    """Return a TOML basic string; JSON's escapes are a part of TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def describe(
    trained: Trained,
    about: ModelAbout,
    litert_sha256: str,
    hidden: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the text of model.toml.

    ``litert_sha256``: of the LiteRT file, hexadecimal; ``hidden``: slug → why, of those categories
    that are hidden.
    """
    networks = trained.networks
    signatures = ", ".join(f"{batch} = {text(signature_name(batch))}" for batch in BATCHES)
    parts = [
        f"""\
name = {text(about.name)}
version = {about.version}
title = {text(about.title)}
licence = {text(about.licence)}
size_px = {networks.size_px}
channels = {networks.picture_channels}

[litert]
file = "model.tflite"
sha256 = {text(litert_sha256)}
signatures = {{ {signatures} }}

[saved_model]
signature = {text(SIGNATURE)}
png_signature = {text(PNG_SIGNATURE)}
"""
    ]
    parts += [_input(given, trained.styles) for given in networks.inputs]
    parts.append(
        f"""
[output]
name = {text(networks.output)}
layout = "NHWC"
range = [-1.0, 1.0]
rounding = "nearest"
"""
    )
    if about.finish_px:
        parts.append(
            f"""
[finish]
name = "crisp"
version = {VERSIONS["crisp"]}
size_px = {about.finish_px}
parameters = {{ transparent = true }}
"""
        )
    if any(given.kind == "truncation" for given in networks.inputs):
        parts.append(
            f"""
[truncation]
lowest = {TRUNCATION_RANGE[0]}
highest = {TRUNCATION_RANGE[1]}
default = {list(networks.truncations)}
"""
        )
    chosen = (about.truncations or {}).get("categories", {})
    for i, label in enumerate(categories_of(trained)):
        parts.append(
            f"\n[[categories]]\nlabel = {i}\nslug = {text(label.slug)}\nname = {text(label.name)}\n"
        )
        if own := chosen.get(label.slug):
            parts.append(f"truncation = {own['truncation']}\n")
        if label.slug in hidden:
            parts.append(f"hidden = {text(hidden[label.slug])}\n")
    return "".join(parts)


def categories_of(trained: Trained) -> list[Label]:
    """Return the generator's categories; an unconditional one has a single one.

    That is the data set's own where it has one, or is named after the data set.
    """
    known = trained.dataset.categories
    if width_of(trained.networks, "category") or len(known) == 1:
        return known
    name = trained.dataset.name
    return [Label(slugify(name), " ".join(name.replace("_", " ").split()))]


def _input(given: GeneratorInput, styles: list[int]) -> str:
    """Return an input's table."""
    note = f"  # {given.note}" if given.note else ""
    lines = ["", f"[inputs.{given.name}]"]
    if given.kind in ("latent", "noise"):
        shape = given.shape
        lines += [
            f'kind = "{given.kind}"{note}',
            f"width = {shape[0]}" if len(shape) == 1 else f"shape = {list(shape)}",
        ]
        if given.distribution == "truncated_normal":
            lines.append('distribution = "truncated_normal"  # standard normal cut at ±2')
        else:
            lines.append(f'distribution = "{given.distribution}"')
        if given.distribution == "uniform":
            lines.append(f"range = {list(given.range)}")
    elif given.kind == "category":
        lines += [f'kind = "category"{note}', 'encoding = "one_hot"', f"width = {given.shape[0]}"]
    elif given.kind == "choice":
        lines += [
            'kind = "choice"  # drawn from the picture\'s seed',
            'encoding = "one_hot"',
            f"width = {given.shape[0]}",
            f"among = {styles}  # the styles it was trained on",
        ]
    elif given.kind == "truncation":
        shape_line = f"shape = {list(given.shape)}" if given.shape else 'shape = "per_picture"'
        lines += [f'kind = "truncation"{note}', shape_line]
    return "\n".join(lines) + "\n"
