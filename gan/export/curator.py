"""Fitting a curator to a data set's real pictures, and writing it beside a model.

The network is EfficientNet-lite0 (trained on photographs, Apache-2.0) up to its sixth stage: other
features than those of the judge, lite2, and of every run's own discriminator. (A run of
`emoji-projected` has learned from lite0's maps too: the curator knows less about it that is new.)
Reader, realism and hashes are fitted to the training pictures; the held-out ones say how good it
is.

Realism is told by the third stage alone, at stride 8: of the emoji blurred and noisy pictures never
passed there and 28 % of the first shipped model's did, where 66 % and 71 % passed by the fifth and
the sixth.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import imagehash
import numpy as np
import tensorflow as tf
from PIL import Image

from core.files import folder_written_whole, write_durably
from gan.dataset.files import HELD_OUT, TRAIN, Dataset
from gan.evaluation.measures.linear_probe import fit_linear_probe
from gan.evaluation.measures.prdc import reach
from gan.export.check import BadExport
from gan.export.concepts import ConceptsAbout, fit_dataset_concepts
from gan.export.litert import convert_signatures
from gan.features.efficientnet import VARIANTS, build_pooled_stages, scaled_stages
from gan.features.weights import kept_weights
from gan.pixels import on_white
from sources.curators.concepts import CONCEPTS, write_concepts
from sources.curators.curator import (
    BATCH,
    FITTED,
    FOLDER,
    INPUT,
    NETWORK,
    OUTPUT,
    SIGNATURE,
    Features,
    Fitted,
)

# 40, 112 and 192 channels, at strides 8, 16 and 32; the first tells what is realistic
VARIANT, STAGES = "lite0", (2, 4, 5)
INNER_PX = 128
AXES = 32
NEIGHBOURS = 5
PASSING = 0.95  # of held-out real pictures are realistic
CARD = "CURATOR.md"


@dataclass(frozen=True)
class About:
    """How good a curator is, on held-out real pictures."""

    pictures: int
    held_out: int
    right: float  # of categories read, 0-1
    passing: float  # called realistic, 0-1
    corrupted: float  # of the same with blur and noise, called realistic
    concepts: ConceptsAbout | None  # None: no concept has enough drawings


def write_features(size_px: int, home: Path, echo: Callable[[str], None], path: Path) -> None:
    """Write the network as a LiteRT file of 8-bit weights. Raises `WeightsMissing`."""
    tensors = kept_weights(home, VARIANT, echo)
    network = build_pooled_stages(VARIANT, size_px, INNER_PX, tensors, STAGES)
    served = tf.Module()
    served.weights = [tf.Variable(np.asarray(v), trainable=False) for v in network.variables]
    # in a closure: an attribute would be tracked, and saved as well
    call = network.stateless_call

    def features(pictures: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: call([], list(served.weights), pictures)[0]}

    spec = tf.TensorSpec((BATCH, size_px, size_px, 3), tf.float32, INPUT)
    signature = tf.function(features).get_concrete_function(spec)
    path.write_bytes(convert_signatures(served, {SIGNATURE: signature}, "int8"))


def fit(
    dataset: Dataset,
    leave_out_styles: tuple[str, ...],
    features: np.ndarray,
    mirrored: np.ndarray,
    texture: int,
) -> Fitted:
    """Fit to the features float [N, D] of all of a data set's pictures, and of them mirrored.

    ``texture``: how many of the features, the first ones, tell what is realistic.
    """
    train = dataset.indices(TRAIN, leave_out_styles)
    labels = dataset.category_ids()[train]
    reader = fit_linear_probe(
        np.concatenate([features[train], mirrored[train]]),
        np.tile(labels, 2),
        len(dataset.categories),
    )
    plain = Fitted(
        size_px=dataset.size_px,
        slugs=np.array([label.slug for label in dataset.categories]),
        mean=reader.mean,
        unit=reader.unit,
        weights=reader.weights,
        bias=reader.bias,
        axes=np.eye(len(reader.mean), dtype=np.float32),
        known=np.empty((0, 0), np.float16),
        radii=np.empty(0, np.float32),
        limit=np.float32(0),
        hashes=hashes_of(on_white(dataset.pictures[train])),
    )
    centred = plain.place(features[train])[:, :texture].astype(np.float64)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    count = min(AXES, len(variances))
    axes = np.zeros((features.shape[1], count))
    axes[:texture] = directions[:, -count:] / np.sqrt(variances[-count:] + 1e-6)
    placed = (centred @ axes[:texture]).astype(np.float16)
    radii = np.sqrt(reach(placed.astype(np.float32), NEIGHBOURS))
    # pictures far from all others would call everything between realistic
    kept = radii <= np.median(radii)
    fitted = {f.name: getattr(plain, f.name) for f in fields(Fitted)}
    fitted |= {"axes": axes.astype(np.float32), "known": placed[kept], "radii": radii[kept]}
    held_out = dataset.indices(HELD_OUT, leave_out_styles)
    scores = Fitted(**fitted).realism(features[held_out])
    return Fitted(**{**fitted, "limit": np.float32(np.quantile(scores, 1 - PASSING))})


def hashes_of(pictures: np.ndarray) -> np.ndarray:
    """Return the perceptual hashes, uint64 [2·N], of uint8 [N, H, W, 3] and of them mirrored."""
    both = (pictures, pictures[:, :, ::-1])
    texts = [str(imagehash.phash(Image.fromarray(x))) for side in both for x in side]
    return np.unique(np.array([int(text, 16) for text in texts], np.uint64))


def export_curator(
    dataset: Dataset,
    leave_out_styles: tuple[str, ...],
    model: Path,
    home: Path,
    echo: Callable[[str], None],
    replace: bool = False,
) -> tuple[Path, About]:
    """Write <model>/curator/ and return it; it appears whole, or not at all.

    Raises `BadExport` where there is one already or nothing is held out, and `WeightsMissing`.
    """
    folder = model / FOLDER
    if folder.exists() and not replace:
        raise BadExport(f"{folder} exists", "give --replace to make it anew")
    held_out = dataset.indices(HELD_OUT, leave_out_styles)
    if not len(held_out):
        raise BadExport(
            f"nothing is held out of {dataset.name}: nothing would say what is realistic"
        )
    with folder_written_whole(folder) as temporary:
        write_features(dataset.size_px, home, echo, temporary / NETWORK)
        network = Features(temporary / NETWORK, threads=2)
        pictures = on_white(dataset.pictures)
        echo(f"reading {len(pictures):,} real pictures, and mirrored")
        features, mirrored = network.of(pictures), network.of(pictures[:, :, ::-1])
        texture = scaled_stages(VARIANTS[VARIANT])[STAGES[0]].channels
        fitted = fit(dataset, leave_out_styles, features, mirrored, texture)
        with (temporary / FITTED).open("wb") as file:
            np.savez_compressed(file, **{f.name: getattr(fitted, f.name) for f in fields(Fitted)})
        found = fit_dataset_concepts(dataset, leave_out_styles, features)
        if found is not None:
            with (temporary / CONCEPTS).open("wb") as file:
                write_concepts(found[0], file)
        concepts = found[1] if found else None
        about = judge(fitted, network, dataset, held_out, features, concepts)
        (temporary / CARD).write_text(card(dataset, about, temporary), encoding="utf-8")
    return folder, about


def judge(
    fitted: Fitted,
    network: Features,
    dataset: Dataset,
    held_out: np.ndarray,
    features: np.ndarray,
    concepts: ConceptsAbout | None,
) -> About:
    """Return how a curator fares on held-out pictures."""
    from gan.evaluation.samples.corruption import corrupt

    read = fitted.shows(features[held_out]).argmax(axis=1)
    damaged = network.of(corrupt(on_white(dataset.pictures[held_out])))
    return About(
        pictures=len(fitted.known),
        held_out=len(held_out),
        right=float((read == dataset.category_ids()[held_out]).mean()),
        passing=float((fitted.realism(features[held_out]) >= fitted.limit).mean()),
        corrupted=float((fitted.realism(damaged) >= fitted.limit).mean()),
        concepts=concepts,
    )


def card(dataset: Dataset, about: About, folder: Path) -> str:
    """Return CURATOR.md."""
    names = [name for name in (NETWORK, FITTED, CONCEPTS) if (folder / name).is_file()]
    sizes = "\n".join(f"| {name} | {(folder / name).stat().st_size:,} |" for name in names)
    licences = sorted({record.licence for record in dataset.records})
    return f"""\
# Curator

Judges candidates for `flask models choose`, `flask pregen --oversample` and live pictures. It is
not what the model is judged by.

- `{NETWORK}`: EfficientNet-lite0 up to its sixth stage, weights of 8 bits; trained by Google on
  photographs (ImageNet), converted by ML Illustrated, Apache-2.0.
- `{FITTED}`: a linear reader of {len(dataset.categories)} categories, the places of
  {about.pictures:,} training pictures of `{dataset.name}` among {AXES} axes, and perceptual hashes;
  the pictures themselves are not in it. Their licences: {", ".join(licences)}.
{concepts_line(about.concepts)}
Of {about.held_out:,} held-out real pictures it reads the category of {about.right:.1%}, and calls
{about.passing:.1%} realistic; of the same with blur and noise {about.corrupted:.1%}.

| file | bytes |
|---|---|
{sizes}
"""


def concepts_line(about: ConceptsAbout | None) -> str:
    """Return what CURATOR.md says of the concepts."""
    if about is None:
        return ""
    return f"""\
- `{CONCEPTS}`: means of {about.concepts:,} concepts by linear discriminant analysis. Of
  {about.pictures:,} real pictures, each left out of its own mean, it reads the concept of
  {about.right:.1%} and the category of {about.right_category:.1%}.
"""


def add_concepts(
    dataset: Dataset, leave_out_styles: tuple[str, ...], model: Path, echo: Callable[[str], None]
) -> ConceptsAbout:
    """Fit a table of concepts for the curator that a model has; nothing else of it is changed.

    Raises `BadExport` where it has none, and where no concept has enough drawings.
    """
    folder = model / FOLDER
    if not (folder / FITTED).is_file():
        raise BadExport(
            f"{model} has no curator that concepts could be added to",
            "make a whole one: leave --concepts out",
        )
    network = Features(folder / NETWORK, threads=2)
    if network.size_px != dataset.size_px:
        raise BadExport(
            f"{folder} looks at {network.size_px} px, {dataset.name} has {dataset.size_px} px",
            f"make the data set anew: flask gan dataset emoji --size {network.size_px}",
        )
    echo(f"reading {len(dataset.pictures):,} real pictures")
    found = fit_dataset_concepts(dataset, leave_out_styles, network.of(on_white(dataset.pictures)))
    if found is None:
        raise BadExport(f"no concept of {dataset.name} has enough drawings to be read by")
    concepts, about = found
    file = io.BytesIO()
    write_concepts(concepts, file)
    write_durably(folder / CONCEPTS, file.getvalue())
    card = folder / CARD
    text = card.read_text(encoding="utf-8") if card.is_file() else "# Curator\n"
    if CONCEPTS not in text:
        card.write_text(f"{text}\n{concepts_line(about)}", encoding="utf-8")
    return about
