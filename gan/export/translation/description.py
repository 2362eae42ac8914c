"""model.toml of a translator: for machines, how to call it and what it was trained on."""

from collections.abc import Sequence

from gan.dataset.files import TRAIN
from gan.dataset.two_domains import domain_indices, domain_names
from gan.export.description import ModelAbout, text
from gan.export.translation.files import DEFAULT_SIGNATURE, INPUT, OUTPUT
from gan.export.translation.samples import Sample
from gan.methods.cyclegan import DIRECTIONS
from gan.methods.translators import Translators


def trained_on(trained: Translators) -> str:
    """Return what it has seen: "1,213 pictures of flat emoji and 1,227 of 3D emoji"."""
    counts = [len(rows) for rows in domain_indices(trained.dataset, TRAIN)]
    a, b = domain_names(trained.dataset)
    return f"{counts[0]:,} pictures of {a} and {counts[1]:,} of {b}"


def describe(
    trained: Translators, about: ModelAbout, samples: Sequence[Sample], litert_sha256: str
) -> str:
    """Return the text of model.toml; ``litert_sha256``: of the LiteRT file, hexadecimal."""
    a, b = domain_names(trained.dataset)
    parts = [
        f"""\
kind = "translation"
name = {text(about.name)}
version = {about.version}
title = {text(about.title)}
licence = {text(about.licence)}
size_px = {trained.dataset.size_px}
trained_on = {text(trained_on(trained))}

[litert]
file = "model.tflite"
sha256 = {text(litert_sha256)}

[saved_model]
signature = {text(DEFAULT_SIGNATURE)}  # the first direction

[input]
name = {text(INPUT)}
range = [-1.0, 1.0]

[output]
name = {text(OUTPUT)}
range = [-1.0, 1.0]
rounding = "nearest"
"""
    ]
    for signature, source, target in zip(DIRECTIONS, (a, b), (b, a), strict=True):
        parts.append(
            f"\n[[directions]]\nsignature = {text(signature)}\n"
            f"from = {text(source)}\nto = {text(target)}\n"
        )
    parts += [
        f"\n[[samples]]\nfile = {text(sample.file)}\ndirection = {text(sample.direction)}\n"
        f"name = {text(sample.name)}\ncredit = {text(sample.credit)}\n"
        for sample in samples
    ]
    return "".join(parts)
