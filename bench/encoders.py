"""Encoders by time, bytes and SSIM, on pictures of the shipped generator: what pregen chose from.

python -m bench.encoders [--model emoji] [--pictures 96]
"""

import io
import time
from typing import Any

import click
import numpy as np
from PIL import Image

from bench.table import machine, markdown, versions
from pregen.filling import generator_threads
from sources.latents import draw
from sources.registry import find_model, open_source
from store.encoding import FORMATS
from store.settings import read_settings

CANDIDATES: list[tuple[str, dict[str, Any]]] = [
    *[("webp", {"quality": q, "method": m}) for q in (80, 90, 95) for m in (0, 1, 2, 4)],
    ("webp", {"lossless": True, "method": 0}),
    ("webp", {"lossless": True, "method": 4}),
    *[("jpeg", {"quality": q, "subsampling": s}) for q in (85, 92) for s in (0, 2)],
    *[("png", {"compress_level": level}) for level in (1, 6, 9)],
    *[("avif", {"quality": q, "speed": s, "max_threads": 1}) for q in (70, 80) for s in (6, 8, 10)],
]


def sample(name: str, count: int) -> np.ndarray:
    """Return uint8 [count, H, W, C] over all categories, at the model's default truncation."""
    model = find_model(read_settings({}).models_folder, name)
    source = open_source(model, generator_threads())
    pictures = [
        source.generate(
            model.categories[i % len(model.categories)].label,
            [draw(model, i, model.truncation.default)],
        )
        for i in range(count)
    ]
    return np.concatenate(pictures)


@click.command()
@click.option("--model", "name", default="emoji", show_default=True)
@click.option("--pictures", "count", default=96, show_default=True)
def main(name: str, count: int) -> None:
    """Print the table; the options that pregen uses are marked."""
    from skimage.metrics import structural_similarity

    pictures = sample(name, count)
    rows = []
    for kind, options in CANDIDATES:
        encoded = []
        started = time.process_time()
        for picture in pictures:
            buffer = io.BytesIO()
            Image.fromarray(picture).save(buffer, kind.upper(), **options)
            encoded.append(buffer.getvalue())
        milliseconds = (time.process_time() - started) / count * 1000
        similarity = []
        for picture, data in zip(pictures, encoded, strict=True):
            back = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
            similarity.append(structural_similarity(picture[..., :3], back, channel_axis=2))
        chosen = all(FORMATS[kind].options.get(k) == v for k, v in options.items())
        shown = ", ".join(f"{k} {v}" for k, v in options.items() if k != "max_threads")
        rows.append(
            [
                f"{'**' if chosen else ''}{kind}, {shown}{'**' if chosen else ''}",
                f"{milliseconds:.2f}",
                f"{np.mean([len(data) for data in encoded]):,.0f}",
                f"{np.mean(similarity):.4f}",
                f"{np.min(similarity):.4f}",
            ]
        )
    click.echo(f"{machine()}; {versions('pillow')}; {count} pictures\n")
    click.echo(markdown(["encoder", "ms CPU", "bytes", "SSIM mean", "SSIM least"], rows))


if __name__ == "__main__":
    main()
