"""A trained translator → models/<name>/<version>/, checked before it appears."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from core.files import folder_written_whole
from gan.dataset.files import HELD_OUT, TRAIN
from gan.dataset.two_domains import domain_indices, domain_names
from gan.export.check import BadExport
from gan.export.description import ModelAbout
from gan.export.model import check_name
from gan.export.translation.card import write_card
from gan.export.translation.description import describe
from gan.export.translation.files import INPUT, OUTPUT, convert_litert, write_saved_model
from gan.export.translation.samples import shown_samples, write_samples, write_sheet
from gan.methods.cyclegan import DIRECTIONS
from gan.methods.translators import Translators
from gan.pixels import on_white, to_unit
from sources.spec.litert_file import sha256_of

CHECKED = 8  # pictures of each domain
# mean and greatest difference in grey levels of 256: what rounding of the weights explains
TOLERANCES = {"SavedModel": (1.0, 40.0), "float16": (1.0, 40.0), "int8": (6.0, 128.0)}


@dataclass(frozen=True)
class Difference:
    """How far one way of running a direction is from Keras, in grey levels."""

    what: str
    mean: float
    most: float

    def __str__(self) -> str:
        return f"{self.what}: mean difference {self.mean:.2f} grey levels, greatest {self.most:.0f}"


def default_title(trained: Translators) -> str:
    a, b = domain_names(trained.dataset)
    return f"{a} to {b} and back, {trained.dataset.size_px} px"


def default_licence(trained: Translators) -> str:
    """Return the licence of the weights and of the pictures they were trained on."""
    licences = sorted({s["licence"] for s in trained.dataset.notes.get("sets", [])})
    return f"MIT; trained on pictures under {', '.join(licences)}" if licences else "not stated"


def checked_pictures(trained: Translators) -> dict[str, np.ndarray]:
    """Return by direction the pictures to compare with, float32 [N, S, S, 3]: held-out ones."""
    found = {}
    held_out, seen = (domain_indices(trained.dataset, split) for split in (HELD_OUT, TRAIN))
    for domain, direction in enumerate(DIRECTIONS):
        rows = held_out[domain] if len(held_out[domain]) else seen[domain]
        rows = rows[np.linspace(0, len(rows) - 1, CHECKED).round().astype(int)]
        found[direction] = to_unit(on_white(trained.dataset.pictures[rows]))
    return found


def difference(
    what: str, found: np.ndarray, expected: np.ndarray, tolerance: tuple[float, float]
) -> Difference:
    """Return how far pictures in [-1, 1] are apart. Raises `BadExport` when too far."""
    if found.shape != expected.shape or not np.isfinite(found).all():
        raise BadExport(f"{what} gives {found.shape} or numbers that are not finite")
    levels = np.abs(found.astype(np.float64) - expected) * 127.5
    seen = Difference(what, float(levels.mean()), float(levels.max()))
    if seen.mean > tolerance[0] or seen.most > tolerance[1]:
        raise BadExport(
            f"{seen}; allowed are {tolerance[0]:g} and {tolerance[1]:g}",
            "export with --precision float16" if "int8" in what else "",
        )
    return seen


def check_files(folder: Path, trained: Translators, precision: str) -> list[Difference]:
    """Run both files in ``folder`` and compare them with Keras. Raises `BadExport`."""
    from ai_edge_litert.interpreter import Interpreter

    loaded = tf.saved_model.load(str(folder))
    interpreter = Interpreter(str(folder / "model.tflite"), num_threads=1)
    seen = []
    for direction, pictures in checked_pictures(trained).items():
        expected = np.concatenate(
            [np.asarray(trained.generators[direction](p[None])) for p in pictures]
        )
        if not np.isfinite(expected).all():
            raise BadExport("the generator's own pictures are not finite", "train it anew")
        served = loaded.signatures[direction](**{INPUT: tf.constant(pictures)})[OUTPUT].numpy()
        what = f"SavedModel, {direction}"
        seen.append(difference(what, served, expected, TOLERANCES["SavedModel"]))
        runner = interpreter.get_signature_runner(direction)
        made = np.concatenate([runner(**{INPUT: p[None]})[OUTPUT].copy() for p in pictures])
        what = f"LiteRT {precision}, {direction}"
        seen.append(difference(what, made, expected, TOLERANCES[precision]))
    return seen


def export_translators(
    trained: Translators,
    about: ModelAbout,
    models: Path,
    evaluation: dict[str, Any] | None,
    echo: Callable[[str], None],
    replace: bool = False,
) -> Path:
    """Write models/<name>/<version>/ and return it; it appears whole and checked, or not at all.

    ``evaluation``: the run's figures, for the card; None where there are none. Samples are
    held-out pictures whose licence is stated; others are the owner's to put there. Raises
    `BadExport` when the version is there already, or when the files' pictures are not the
    generators'.
    """
    check_name(about.name)
    folder = models / about.name / str(about.version)
    if folder.exists() and not replace:
        raise BadExport(
            f"{folder} exists", "give another --version, or --replace if nobody serves it"
        )
    with folder_written_whole(folder) as temporary:
        echo("writing the SavedModel")
        write_saved_model(trained.generators, trained.dataset.size_px, temporary)
        echo(f"writing the LiteRT file ({about.precision})")
        litert = convert_litert(trained.generators, trained.dataset.size_px, about.precision)
        (temporary / "model.tflite").write_bytes(litert)
        checks = check_files(temporary, trained, about.precision)
        for line in checks:
            echo(str(line))
        samples = shown_samples(trained.dataset)
        if not samples:
            echo("no samples: the licences of the pictures are not stated; see docs/translate.md")
        write_samples(samples, trained.dataset, temporary)
        described = describe(trained, about, samples, sha256_of(litert))
        (temporary / "model.toml").write_text(described, encoding="utf-8")
        write_sheet(trained, temporary)
        write_card(temporary, trained, about, [str(line) for line in checks], evaluation)
    return folder
