"""A real curator in miniature: colours of a picture's quarters as features, fitted to pictures."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from gan.dataset.files import Dataset

SEEDS = range(1_000, 1_040)  # of the "real" pictures of each category: others than pregen's


def pictures_of(model_folder: Path, seeds: Sequence[int]) -> Dataset:
    """Return a data set of what the model draws at its default truncations, a quarter held out."""
    import numpy as np

    from gan.dataset.files import HELD_OUT, TRAIN, Dataset, Label, Record
    from sources.runtimes.latents import draw
    from sources.runtimes.litert import LiteRTSource
    from sources.spec.description import read_model

    model = read_model(model_folder)
    source = LiteRTSource(model, threads=1)
    pictures, records = [], []
    for category in model.categories:
        for i, seed in enumerate(seeds):
            drawn = draw(model, seed, model.truncation.default)
            pictures.append(source.generate(category.label, [drawn])[0])
            split = HELD_OUT if i % 4 == 0 else TRAIN
            records.append(Record(category.slug, "plain", f"{category.slug}{i}", "", "MIT", split))
    white = np.full((len(pictures), *pictures[0].shape[:2], 1), 255, np.uint8)
    return Dataset(
        name="drawn",
        size_px=model.size_px,
        categories=[Label(c.slug, c.name) for c in model.categories],
        styles=["plain"],
        pictures=np.concatenate([np.stack(pictures), white], axis=-1),
        records=records,
        notes={},
    )


def build_tiny_curator(model_folder: Path, seeds: Sequence[int] = SEEDS, concepts: int = 0) -> Path:
    """Write ``model_folder``/curator/ and return it; ``seeds``: of its training pictures.

    ``concepts``: of each category, as which they count in turn; 0: a curator without concepts.
    """
    import numpy as np
    import tensorflow as tf

    from gan.export.curator import fit
    from gan.export.litert import convert_signatures
    from gan.pixels import on_white
    from sources.curators import curator

    dataset = pictures_of(model_folder, seeds)

    def features(pictures: Any) -> dict[str, Any]:
        small = tf.image.resize(pictures, (4, 4), "bilinear") / 255
        return {curator.OUTPUT: tf.reshape(small, (curator.BATCH, 48))}

    size = dataset.size_px
    spec = tf.TensorSpec((curator.BATCH, size, size, 3), tf.float32, curator.INPUT)
    signature = tf.function(features).get_concrete_function(spec)
    folder = model_folder / curator.FOLDER
    folder.mkdir()
    module = tf.Module()
    converted = convert_signatures(module, {curator.SIGNATURE: signature}, "int8")
    (folder / curator.NETWORK).write_bytes(converted)
    network = curator.Features(folder / curator.NETWORK, threads=1)
    pictures = on_white(dataset.pictures)
    fitted = fit(dataset, (), network.of(pictures), network.of(pictures[:, :, ::-1]), 48)
    values = {field.name: getattr(fitted, field.name) for field in fields(fitted)}
    np.savez_compressed(folder / curator.FITTED, **values)
    if concepts:
        from sources.curators.concepts import CONCEPTS, fit_concepts, write_concepts

        ids = [f"1f40{i % concepts:x}" for i in range(len(dataset.records))]
        slugs = [record.category for record in dataset.records]
        with (folder / CONCEPTS).open("wb") as file:
            write_concepts(fit_concepts(network.of(pictures), ids, slugs)[0], file)
    return folder
