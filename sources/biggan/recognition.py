"""Which BigGAN a folder without a model.toml holds, by what its signature says."""

import json
from pathlib import Path

from core.slugs import slugify
from sources.biggan.description import CLASSES, DEFAULT_TRUNCATION, SIGNATURE, read_biggan
from sources.biggan.handles import HANDLES, Handle
from sources.spec.description import BadModel, Model, is_saved_model
from sources.spec.signatures import Graph, Signature, read_graphs


def recognised_biggan(folder: Path) -> Model | None:
    """Return the model of a BigGAN module, None where the folder holds something else.

    Raises `BadModel` where it is a BigGAN and no known one.
    """
    if not is_saved_model(folder):
        return None
    for graph in read_graphs(folder):
        signature = graph.signatures.get(SIGNATURE)
        if signature is not None and _is_biggan(signature):
            return read_biggan(_handle_of(signature, folder), folder)
    return None


def _is_biggan(signature: Signature) -> bool:
    y = signature.inputs.get("y")
    return (
        set(signature.inputs) == {"z", "y", "truncation"}
        and y is not None
        and y.shape is not None
        and y.shape[-1:] == (CLASSES,)
    )


def proposed_biggan(graph: Graph, signature: Signature, name: str, version: int) -> str:
    """Return a model.toml that says of a BigGAN what recognition knows, "" of anything else.

    In a folder with a model.toml nothing is recognised: what `propose` guesses would draw other
    pictures.
    """
    if signature.name != SIGNATURE or not _is_biggan(signature):
        return ""
    z, picture = signature.inputs["z"].shape, signature.outputs.get("default")
    latent = z[-1] if z else None
    size_px = picture.shape[1] if picture and picture.shape else None
    like = [each for each in HANDLES.values() if (each.latent, each.size_px) == (latent, size_px)]
    lowest = max((each.lowest_truncation for each in like), default=0.02)
    return f"""\
name = "{slugify(name)}"
version = {version}
title = {json.dumps(name, ensure_ascii=False)}
licence = "Apache-2.0"  # of DeepMind's modules
size_px = {size_px or "128  # guessed: the graph does not say"}
categories = "imagenet"

[saved_model]
signature = "{SIGNATURE}"
tags = {json.dumps(list(graph.tags))}

[inputs.z]
kind = "latent"
width = {latent or 128}
scaled = true  # z is the truncation times a normal number cut at 2

[inputs.y]
kind = "category"
encoding = "one_hot"
width = {CLASSES}

[inputs.truncation]
kind = "truncation"
shape = "scalar"

[output]
name = "default"
range = [-1.0, 1.0]
rounding = "floor_256"

[truncation]
lowest = {lowest}
highest = 1.0
default = {list(DEFAULT_TRUNCATION)}
"""


def _handle_of(signature: Signature, folder: Path) -> Handle:
    z, picture = signature.inputs["z"].shape, signature.outputs.get("default")
    latent = z[-1] if z else None
    size_px = picture.shape[1] if picture and picture.shape else None
    fitting = [
        handle
        for handle in HANDLES.values()
        if handle.latent == latent and size_px in (None, handle.size_px)
    ]
    if len(fitting) > 1:  # at 512 px both kinds have 128
        deep = "deep" in folder.resolve().name
        fitting = [handle for handle in fitting if ("deep" in handle.name) == deep] or fitting
    if len(fitting) != 1:
        raise BadModel(
            f"{folder} is a BigGAN with {latent} latents and {size_px or 'unknown'} px, of which "
            f"{len(fitting)} are known",
            f"write a model.toml into it; propose one: flask models inspect {folder}",
        )
    return fitting[0]
