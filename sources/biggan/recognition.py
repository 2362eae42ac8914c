"""Which BigGAN a folder without a model.toml holds, by what its signature says."""

from pathlib import Path

from sources.biggan.description import CLASSES, SIGNATURE, read_biggan
from sources.biggan.handles import HANDLES, Handle
from sources.spec.description import BadModel, Model, is_saved_model
from sources.spec.signatures import Signature, read_graphs


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
