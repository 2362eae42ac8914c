"""model.toml: for machines, how to call the model."""

import json
from dataclasses import dataclass

from gan.export.litert import BATCHES, signature_name
from gan.export.serving import PNG_SIGNATURE, SIGNATURE
from gan.training.trained import Trained

TRUNCATION_RANGE, TRUNCATION_DEFAULT = (0.02, 1.0), (0.5, 0.8)


@dataclass(frozen=True)
class ModelAbout:
    """What the owner decides about an exported model."""

    name: str
    version: int
    title: str
    licence: str
    precision: str = "float16"  # of the LiteRT file's weights


def text(value: str) -> str:
    """Return a TOML basic string; JSON's escapes are a part of TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def describe(trained: Trained, about: ModelAbout) -> str:
    """Return the text of model.toml."""
    networks = trained.networks
    signatures = ", ".join(f"{batch} = {text(signature_name(batch))}" for batch in BATCHES)
    head = f"""\
name = {text(about.name)}
version = {about.version}
title = {text(about.title)}
licence = {text(about.licence)}
size_px = {networks.size_px}
channels = {networks.picture_channels}

[litert]
file = "model.tflite"
signatures = {{ {signatures} }}

[saved_model]
signature = {text(SIGNATURE)}
png_signature = {text(PNG_SIGNATURE)}

[inputs.latent]
kind = "latent"
width = {networks.latent}
distribution = "truncated_normal"  # standard normal cut at ±2

[inputs.category]
kind = "category"
encoding = "one_hot"
width = {networks.categories}

[inputs.style]
kind = "choice"  # drawn from the picture's seed
encoding = "one_hot"
width = {networks.styles}
among = {trained.styles}  # the styles it was trained on

[inputs.truncation]
kind = "truncation"
shape = "per_picture"

[output]
name = "picture"
layout = "NHWC"
range = [-1.0, 1.0]
rounding = "nearest"

[truncation]
lowest = {TRUNCATION_RANGE[0]}
highest = {TRUNCATION_RANGE[1]}
default = {list(TRUNCATION_DEFAULT)}
"""
    categories = [
        f"\n[[categories]]\nlabel = {i}\nslug = {text(label.slug)}\nname = {text(label.name)}\n"
        for i, label in enumerate(trained.dataset.categories)
    ]
    return head + "".join(categories)
