"""How a BigGAN module is called: signature `default` of the TF1 Hub format.

    z [N, 120 to 140], y [N, 1000], truncation [] → default [N, R, R, 3] in [-1, 1]

As in the notebook of the module, z is truncation · a normal number cut at ±2, truncation is given
besides, and pictures become bytes by 256 equal steps:
https://github.com/tensorflow/docs site/en/hub/tutorials/biggan_generation_with_tf_hub.ipynb
"""

from pathlib import Path

from sources.biggan.handles import Handle
from sources.spec.description import SAVED_MODEL, SERVING, Model, to_model
from sources.spec.imagenet import imagenet_categories
from sources.spec.inputs import Input, Output, SavedModelCall, Truncation
from sources.spec.model_toml import Contents

CLASSES = 1000
SIGNATURE = "default"
DEFAULT_TRUNCATION = (0.4, 0.7)


def contents_of(handle: Handle) -> Contents:
    """Return what a model.toml of a module would say."""
    lowest = handle.lowest_truncation
    return Contents(
        name=handle.name,
        version=handle.version,
        title=f"BigGAN of DeepMind, {handle.size_px} px, on ImageNet",
        licence=handle.licence,
        size_px=handle.size_px,
        channels=3,
        inputs=(
            Input("z", "latent", width=handle.latent, scaled=True),
            Input("y", "category", width=CLASSES),
            Input("truncation", "truncation", shape="scalar"),
        ),
        output=Output("default", (-1.0, 1.0), "floor_256"),
        truncation=Truncation(lowest, 1.0, DEFAULT_TRUNCATION),
        categories=imagenet_categories(),
        litert_file="",
        litert_signatures={},
        saved_model=SavedModelCall(signature=SIGNATURE),
    )


def known_biggan(handle: Handle) -> Model:
    """Return what is known of a module without having it: for one that a server runs."""
    contents = vars(contents_of(handle))
    return Model(**contents, folder=Path(handle.name), digest="", runtime=SERVING)


def read_biggan(handle: Handle, folder: Path) -> Model:
    """Return the model of a module in ``folder``. Raises `BadModel`."""
    return to_model(contents_of(handle), folder, SAVED_MODEL)
