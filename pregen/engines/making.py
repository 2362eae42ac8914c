"""One generated picture → the bytes of its file and its row."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from sources.runtimes.latents import Draw
from sources.spec.description import Model
from sources.spec.finish import finished
from store.files.protocol import digest, file_name
from store.formats.encoding import Format, encode, perceptual_hash
from store.formats.metadata import Provenance
from store.index.writes import NewImage


@dataclass(frozen=True)
class Made:
    """A picture that is ready to be written."""

    data: bytes
    row: NewImage


def make(
    picture: np.ndarray,
    draw: Draw,
    model: Model,
    category: str,
    chosen: Format,
    nearest: tuple[str, ...] = (),
) -> Made:
    """Finish and encode a picture, uint8 [H, W, 3 or 4]; the same arguments give the same bytes.

    Its perceptual hash is taken before the finish: candidates are compared without one.
    ``nearest``: the one or two concepts that it is nearest to, where that is known.
    """
    phash = perceptual_hash(Image.fromarray(picture))
    picture = finished(picture, model.finish)
    provenance = Provenance(
        model=model.label,
        model_digest=model.digest,
        category=category,
        seed=draw.seed,
        truncation=draw.truncation,
        phash=phash,
        nearest=nearest,
    )
    data = encode(picture, chosen, provenance)
    sha256 = digest(data)
    row = NewImage(
        file=file_name(draw.seed, sha256, chosen.extension),
        sha256=sha256,
        bytes=len(data),
        width=picture.shape[1],
        height=picture.shape[0],
        format=chosen.name,
        phash=phash,
        model=model.label,
        model_digest=model.digest,
        seed=draw.seed,
        truncation=draw.truncation,
        nearest=" ".join(nearest) or None,
        drawn_as=category,
    )
    return Made(data, row)
