"""The finish by CPU, by the width of edges and by alpha: what a model's pictures go through.

Widths are those from 10 to 90 % of the way between two colours, at 512 px, on pictures of the
shipped generator. Alpha is measured on real emoji whose alpha is known, put on white at the
generator's size; they are rendered from the npm packages of `flask gan dataset emoji`.

python -m bench.finishing [--model emoji] [--pictures 300] [--emoji 500] [--cache FOLDER]
"""

import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import numpy as np
from PIL import Image

from bench.edge_width import edge_widths
from bench.table import machine, markdown, note, versions
from core.settings import read_settings
from gan.dataset.emoji.build import fetch_sets
from gan.dataset.emoji.concepts import meanings
from gan.dataset.emoji.render import render_icon
from sources.finishing.crisp import crisp
from sources.finishing.cutout import cut_out
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from store.formats.encoding import FORMATS, Format, encode_image

_PROFILES = 100  # edges of a picture
_LOST = 0.05  # of a body


def generated(name: str, count: int) -> list[np.ndarray]:
    """Return uint8 [H, W, 3] over the categories that are shown."""
    model = find_model(read_settings({}).models_folder, name)
    source = open_source(model, 1)
    shown = [category for category in model.categories if not category.hidden]
    return [
        source.generate(each.label, [draw(model, i, model.truncations_of(each))])[0]
        for i in range(count)
        for each in [shown[i % len(shown)]]
    ]


def real(cache: Path, count: int, size_px: int) -> list[np.ndarray]:
    """Return real emoji, uint8 [size, size, 4] straight; line drawings are left out."""
    emoji, icons = fetch_sets(cache, lambda _: None)
    known = meanings(emoji)
    found = [
        icon.source
        for style, every in icons.items()
        for icon in every
        if icon.code_points in known and style != "streamline-emojis"
    ]
    random.Random(5).shuffle(found)
    rendered = (render_icon(source, size_px) for source in found)
    whole = (picture for picture in rendered if picture is not None)
    return [picture for picture, _ in zip(whole, range(count), strict=False)]


def on_white(picture: np.ndarray) -> np.ndarray:
    """Return uint8 [H, W, 4] straight as [H, W, 3]."""
    alpha = picture[..., 3:] / 255
    return np.rint(picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def encoded_as(chosen: Format, picture: np.ndarray) -> bytes:
    return encode_image(Image.fromarray(picture), chosen, b"")


def milliseconds(work: Callable[[np.ndarray], object], pictures: list[np.ndarray]) -> float:
    """Return the median CPU of one call, after one that does not count."""
    work(pictures[0])
    took = []
    for picture in pictures:
        started = time.process_time()
        work(picture)
        took.append(time.process_time() - started)
    return float(np.median(took)) * 1e3


@click.command()
@click.option("--model", default="emoji", show_default=True, help="Whose pictures.")
@click.option("--pictures", default=300, show_default=True, help="How many of them.")
@click.option("--emoji", default=500, show_default=True, help="Real ones.")
@click.option("--cache", type=Path, help="Of npm packages.  [default: that of flask gan dataset]")
def main(model: str, pictures: int, emoji: int, cache: Path | None) -> None:
    """Measure and print the tables."""
    made = generated(model, pictures)
    some = made[:60]
    large = [Image.fromarray(crisp(picture, 512, transparent=True)) for picture in some]
    rows = [["cut out, at the generator's size", f"{milliseconds(cut_out, some):.1f}"]]
    for size in (256, 512, 1024, 2048):
        took = milliseconds(partial(crisp, size=size, transparent=True), some[:20])
        rows.append([f"finish, {size} px, transparent", f"{took:.1f}"])
    for chosen in FORMATS.values():
        encoded = [np.asarray(image) for image in large[:20]]
        took = milliseconds(partial(encoded_as, chosen), encoded)
        weight = np.mean([len(encode_image(image, chosen, b"")) for image in large[:20]])
        rows.append([f"{chosen.name}, 512 px, {weight:,.0f} bytes", f"{took:.1f}"])
    click.echo(f"{machine()}; {versions('numpy', 'pillow')}\n")
    click.echo(markdown(["stage", "ms of CPU"], rows))
    click.echo(_widths(made))
    click.echo(_alpha(real(cache or read_settings({}).home / "npm", emoji, 128)))


def _widths(made: list[np.ndarray]) -> str:
    def median(draw_large: Callable[[np.ndarray], np.ndarray]) -> float:
        return float(
            np.median(np.concatenate([edge_widths(draw_large(p), _PROFILES) for p in made]))
        )

    def enlarged(picture: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(picture).resize((512, 512), Image.Resampling.BICUBIC))

    before, after = median(enlarged), median(lambda p: on_white(crisp(p, 512, transparent=True)))
    note("edge width at 512 px, finished", after, "≤ 1.5")
    rows = [["enlarged", f"{before:.2f}"], ["finished", f"{after:.2f}"]]
    return "\n" + markdown([f"{len(made)} pictures", "edge width, px"], rows)


def _alpha(pictures: list[np.ndarray]) -> str:
    errors, lost = [], []
    for picture in pictures:
        true, found = picture[..., 3] / 255, cut_out(on_white(picture))[..., 3] / 255
        errors.append(abs(true - found).mean())
        lost.append(np.maximum(true - found, 0).sum() / true.sum())
    share = float((np.array(lost) > _LOST).mean())
    note("mean error of alpha", float(np.mean(errors)), "≤ 0.02")
    note("share of emoji that lose over 5 % of their body", share, "≤ 0.03")
    rows = [
        ["mean error of alpha", f"{np.mean(errors):.4f}"],
        ["lose over 5 % of their body", f"{share:.1%}"],
    ]
    return "\n" + markdown([f"{len(pictures)} real emoji", ""], rows)


if __name__ == "__main__":
    main()
