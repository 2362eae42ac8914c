"""Encoders by time, bytes and SSIM, on pictures of the shipped generator: what pregen chose from.

libvips stands beside Pillow, on one thread as well.

python -m bench.encoders [--model emoji] [--pictures 96]
"""

import io
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
import numpy as np
from PIL import Image

from bench.table import machine, markdown, note, versions
from core.cpu import usable_cores
from core.settings import read_settings
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from store.formats.encoding import FORMATS

CANDIDATES: list[tuple[str, dict[str, Any]]] = [
    *[("webp", {"quality": q, "method": m}) for q in (80, 90, 95) for m in (0, 1, 2, 4)],
    ("webp", {"lossless": True, "method": 0}),
    ("webp", {"lossless": True, "method": 4}),
    *[("jpeg", {"quality": q, "subsampling": s}) for q in (85, 92) for s in (0, 2)],
    *[("png", {"compress_level": level}) for level in (1, 6, 9)],
    *[("avif", {"quality": q, "speed": s, "max_threads": 1}) for q in (70, 80) for s in (6, 8, 10)],
]
# the same by libvips, which calls the same encoders: its name, its options, Pillow's line
BY_LIBVIPS: list[tuple[str, str, dict[str, Any], str]] = [
    ("webp, quality 90, effort 2", "webp", {"Q": 90, "effort": 2}, "webp, quality 90, method 2"),
    ("jpeg, quality 92, 4:4:4", "jpeg", {"Q": 92, "subsample_mode": "off"},
     "jpeg, quality 92, subsampling 0"),
    ("png, compression 6", "png", {"compression": 6}, "png, compress_level 6"),
    ("avif, quality 80, effort 2", "avif", {"Q": 80, "effort": 2}, "avif, quality 80, speed 8"),
]  # fmt: skip


@dataclass(frozen=True)
class Line:
    """What one encoder made of all pictures; SSIM against what went in."""

    name: str
    milliseconds: float  # of CPU, each
    size: float  # bytes, each
    mean: float
    least: float


def sample(name: str, count: int) -> np.ndarray:
    """Return uint8 [count, H, W, C] over all categories, at the model's default truncation."""
    model = find_model(read_settings({}).models_folder, name)
    source = open_source(model, usable_cores())
    pictures = [
        source.generate(
            model.categories[i % len(model.categories)].label,
            [draw(model, i, model.truncation.default)],
        )
        for i in range(count)
    ]
    return np.concatenate(pictures)


def by_pillow(picture: np.ndarray, kind: str, options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind.upper(), **options)
    return buffer.getvalue()


def by_libvips(picture: np.ndarray, kind: str, options: dict[str, Any]) -> bytes:
    import pyvips

    image = pyvips.Image.new_from_array(picture, interpretation="srgb")
    return bytes(image.write_to_buffer(f".{kind}", **options))


Encoder = Callable[[np.ndarray, str, dict[str, Any]], bytes]


def line(name: str, pictures: np.ndarray, encode: Encoder, kind: str, options: Any) -> Line:
    """Encode all, and look at what became of them."""
    from skimage.metrics import structural_similarity

    encode(pictures[0], kind, options)  # what is loaded at the first is not counted
    started = time.process_time()
    encoded = [encode(picture, kind, options) for picture in pictures]
    milliseconds = (time.process_time() - started) / len(pictures) * 1000
    similarity = [
        float(
            structural_similarity(
                picture[..., :3],
                np.asarray(Image.open(io.BytesIO(data)).convert("RGB")),
                channel_axis=2,
            )
        )
        for picture, data in zip(pictures, encoded, strict=True)
    ]
    sizes = [len(data) for data in encoded]
    return Line(
        name, milliseconds, float(np.mean(sizes)), float(np.mean(similarity)), min(similarity)
    )


@click.command()
@click.option("--model", "name", default="emoji", show_default=True)
@click.option("--pictures", "count", default=96, show_default=True)
def main(name: str, count: int) -> None:
    """Print the table; the options that pregen uses are marked."""
    os.environ.setdefault("VIPS_CONCURRENCY", "1")
    pictures = sample(name, count)
    lines = []
    for kind, options in CANDIDATES:
        chosen = all(FORMATS[kind].options.get(k) == v for k, v in options.items())
        shown = ", ".join(f"{k} {v}" for k, v in options.items() if k != "max_threads")
        mark = "**" if chosen else ""
        lines.append(line(f"{mark}{kind}, {shown}{mark}", pictures, by_pillow, kind, options))
    for title, kind, options, ours in BY_LIBVIPS:
        lines.append(line(f"libvips: {title}", pictures, by_libvips, kind, options))
        beside = next(each for each in lines if each.name.strip("*") == ours)
        note(f"{title}: time of Pillow ÷ libvips", beside.milliseconds / lines[-1].milliseconds)
    click.echo(f"{machine()}; {versions('pillow', 'pyvips-binary')}; {count} pictures\n")
    rows = [
        [
            each.name, f"{each.milliseconds:.2f}", f"{each.size:,.0f}", f"{each.mean:.4f}",
            f"{each.least:.4f}",
        ]
        for each in lines
    ]  # fmt: skip
    click.echo(markdown(["encoder", "ms CPU", "bytes", "SSIM mean", "SSIM least"], rows))


if __name__ == "__main__":
    main()
