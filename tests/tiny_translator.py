"""A real translator in miniature: CycleGAN's generators, 4 channels, 32 px, by the real export."""

from pathlib import Path

from tests.made_once import made_once


def build_tiny_translator(models: Path, name: str = "tiny_pair", version: int = 1) -> Path:
    """Write models/<name>/<version>/ with weights of chance, two directions and six samples."""
    key = f"translator-{name}-{version}"
    return made_once(models, f"{name}/{version}", key, lambda folder: _write(folder, name, version))


def _write(models: Path, name: str, version: int) -> None:
    import dataclasses

    import keras
    import numpy as np

    from gan.export.description import ModelAbout
    from gan.export.translation.model import export_translators
    from gan.methods.cyclegan import DIRECTIONS, Options, translator
    from gan.methods.translators import Translators
    from tests.gan.conftest import make_dataset

    data = make_dataset(32)
    records = [
        dataclasses.replace(r, style=("round", "flat")[i % 2]) for i, r in enumerate(data.records)
    ]
    sets = [{**found, "domain": found["style"]} for found in data.notes["sets"]]
    data = dataclasses.replace(
        data, records=records, notes={"sets": sets, "domains": ["round things", "flat things"]}
    )
    options = Options(recipe="tiny", dataset="tiny-32", channels=4, blocks=1, upsampling="resize")
    random = np.random.RandomState(version)
    keras.utils.set_random_seed(version)
    generators = {direction: translator(options, data) for direction in DIRECTIONS}
    for generator in generators.values():
        for variable in generator.variables:
            variable.assign_add(random.normal(0, 0.15, variable.shape).astype(np.float32))
    trained = Translators(
        generators, options, data, {"step": 6, "pictures_seen": 6, "seconds": 1.0}
    )
    about = ModelAbout(name, version, "Round things to flat things and back", "MIT")
    export_translators(trained, about, models, None, lambda _: None)
