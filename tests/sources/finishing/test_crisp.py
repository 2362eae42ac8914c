"""The finish: outlines of a pixel, without steps, that keep their place; shades as they were."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from skimage import measure

from bench.edge_width import edge_widths
from core.settings import PROJECT
from sources.finishing import crisp as module
from sources.finishing.crisp import crisp
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from tests.sources.finishing.drawings import BARS, BLUE, DISCS, RED, bar, disc, drawn


def enlarged(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((512, 512), Image.Resampling.BICUBIC))


def test_edges_of_ten_drawings_are_at_most_one_and_a_half_pixels_wide() -> None:
    pictures = [drawn(disc(*each), RED) for each in DISCS]
    pictures += [drawn(bar(*each), BLUE) for each in BARS]
    before = np.concatenate([edge_widths(enlarged(picture)) for picture in pictures])
    assert np.median(before) > 5  # or the measure says nothing
    after = [edge_widths(crisp(picture, 512, transparent=False)) for picture in pictures]
    assert np.median(np.concatenate(after)) <= 1.5
    assert np.median(np.concatenate(after)) >= 0.6  # narrower ones have steps


@pytest.mark.parametrize("size", [256, 1024, 2048])
def test_edges_are_as_narrow_at_any_size(size: int) -> None:
    picture = crisp(drawn(disc(35, 64, 64), RED), size, transparent=False)
    assert 0.6 <= np.median(edge_widths(picture)) <= 1.7


def test_edges_of_generated_pictures() -> None:
    source = open_source(find_model(PROJECT / "models", "emoji"), 1)
    widths = []
    for category in source.model.categories[::6]:
        made = source.generate(category.label, [draw(source.model, 7, (0.6, 0.6))])[0]
        widths.append(edge_widths(crisp(made, 512, transparent=False), most=150))
    assert len(np.concatenate(widths)) > 300
    assert np.median(np.concatenate(widths)) <= 1.5


@pytest.mark.parametrize("noise", [0, 6])
@pytest.mark.parametrize("each", DISCS)
def test_outlines_do_not_waver_and_keep_their_place(
    each: tuple[float, float, float], noise: float
) -> None:
    radius, x, y = each
    picture = drawn(disc(*each), RED)
    rough = picture + np.random.RandomState(1).randn(*picture.shape) * noise
    picture = rough.clip(0, 255).astype(np.uint8)
    finished = crisp(picture, 512, transparent=False)
    outline = max(measure.find_contours(finished[..., 1].astype(float), 157.5), key=len)
    away = np.hypot(outline[:, 0] + 0.5 - 4 * y, outline[:, 1] + 0.5 - 4 * x)
    assert away.std() < 0.29  # moving points round by round: 0.33 to 0.28, 0.35 with noise
    assert abs(away.mean() - 4 * radius) < 0.5


@pytest.mark.parametrize(
    ("each", "share"),
    list(zip(BARS, (0.6, 0.7, 0.85, 0.97, 0.97), strict=True)),
)
def test_thin_lines_hold(each: tuple[float, float], share: float) -> None:
    picture = drawn(bar(*each), BLUE)
    finished = crisp(picture, 512, transparent=False)
    kept = (255.0 - finished).sum() / 16 / (255.0 - picture).sum()
    assert share <= kept <= 1.02  # a line of 1 px vanished but for 8 % where it was moved by rounds


def test_shades_stay_smooth() -> None:
    y, x = np.mgrid[:128, :128].astype(float)
    picture = np.rint(np.stack([60 + x, 200 - y, 120 + (x - y) / 4], -1)).astype(np.uint8)
    difference = crisp(picture, 512, transparent=False) - enlarged(picture).astype(int)
    assert abs(difference[16:-16, 16:-16]).max() <= 2


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = drawn(disc(30, 60, 66), RED)
    banded = {size: crisp(picture, size, transparent=True) for size in (300, 512, 1024)}
    monkeypatch.setattr(module, "_BAND_ROWS", 2048)
    for size, found in banded.items():
        assert found.shape == (size, size, 4) and found.dtype == np.uint8
        whole = crisp(picture, size, transparent=True)
        assert abs(found.astype(int) - whole).max() <= 1


def test_other_sizes_of_pictures_come_out_right() -> None:
    for size in (32, 64, 256):
        picture = np.asarray(Image.fromarray(drawn(disc(40, 64, 64), RED)).resize((size, size)))
        finished = crisp(picture, 512, transparent=True)
        body = (finished[..., 3] / 255).sum()
        assert body == pytest.approx(np.pi * 160**2, rel=0.02)


_ELSEWHERE = """
import sys, numpy as np
from sources.finishing.crisp import crisp
picture = np.load(sys.argv[1])
np.save(sys.argv[2], crisp(picture, 512, transparent=True))
"""


def test_another_processor_makes_the_same_bytes(tmp_path) -> None:  # type: ignore[no-untyped-def]
    rough = drawn(disc(30, 60, 66), RED) + np.random.RandomState(2).randn(128, 128, 3) * 8
    picture = rough.clip(0, 255).astype(np.uint8)
    np.save(tmp_path / "picture.npy", picture)
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    assert found, "this processor has nothing that could be switched off"
    subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, tmp_path / "picture.npy", tmp_path / "other.npy"],
        cwd=PROJECT, env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found)}, check=True,
    )  # fmt: skip
    here = crisp(picture, 512, transparent=True)
    assert np.array_equal(np.load(tmp_path / "other.npy"), here)
