"""The finish in JavaScript against NumPy's and Pillow's."""

import base64

import numpy as np
import pytest

from core.settings import PROJECT
from sources.curators.curator import on_white
from sources.finishing.crisp import crisp
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from sources.runtimes.pixels import to_levels
from tests.app.browser.node import run
from tests.sources.finishing.drawings import BARS, BLUE, DISCS, RED, bar, disc, drawn

SCRIPT = """const { crisp } = await import("./drawing/crisp.js");
const bytes = (text) => new Uint8ClampedArray(Buffer.from(text, "base64"));
return given.pictures.map((picture) => {
  const made = crisp(bytes(picture), given.side, given.size, { transparent: given.transparent });
  return Buffer.from(made).toString("base64");
});"""


def finished(pictures: list[np.ndarray], size: int, *, transparent: bool) -> np.ndarray:
    """Return uint8 [N, size, size, 4]."""
    encoded = [base64.b64encode(each.tobytes()).decode() for each in pictures]
    given = {
        "pictures": encoded,
        "side": len(pictures[0]),
        "size": size,
        "transparent": transparent,
    }
    found = b"".join(base64.b64decode(each) for each in run(SCRIPT, given))
    return np.frombuffer(found, np.uint8).reshape(len(pictures), size, size, 4)


def generated() -> list[np.ndarray]:
    source = open_source(find_model(PROJECT / "models", "emoji"), 1)
    categories = source.model.categories[:58:6]
    return [
        source.generate(each.label, [draw(source.model, 11 + i, (0.4, 1.0))])[0]
        for i, each in enumerate(categories)
    ]


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """Drawings, shapes that touch the border, noise, and what the generator draws."""
    noise = np.random.RandomState(5).randint(0, 256, (128, 128, 3)).astype(np.uint8)
    drawings = [drawn(disc(*DISCS[0]), RED), drawn(bar(*BARS[1]), BLUE)]
    return [*drawings, np.roll(drawings[0], 50, axis=0), noise, *generated()]


@pytest.mark.parametrize(("size", "levels"), [(512, 1), (256, 1), (300, 2)])
def test_cut_out_pictures_are_the_servers(
    pictures: list[np.ndarray], size: int, levels: int
) -> None:
    found = finished(pictures, size, transparent=True)
    expected = np.stack([crisp(each, size, transparent=True) for each in pictures])
    assert np.abs(found[..., 3].astype(int) - expected[..., 3]).max() <= 1
    assert (found != expected).mean() < 1e-3  # colours of what is all but transparent
    assert np.abs(on_white(found).astype(int) - on_white(expected)).max() <= levels


def test_pictures_with_their_ground_are_the_servers(pictures: list[np.ndarray]) -> None:
    found = finished(pictures, 512, transparent=False)
    expected = np.stack([crisp(each, 512, transparent=False) for each in pictures])
    assert (found[..., 3] == 255).all()
    assert np.abs(found[..., :3].astype(int) - expected).max() <= 1


@pytest.mark.parametrize("rounding", ["nearest", "floor_256"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("channels", [3, 1])
def test_levels_are_the_servers(rounding: str, layout: str, channels: int) -> None:
    values = np.random.RandomState(2).uniform(-1.2, 1.2, (1, 8, 8, channels)).astype(np.float32)
    values[0, 0, :4, 0] = [-1, 1, -1 + 1 / 255, 1 - 1 / 255]
    output = {"range": [-1.0, 1.0], "rounding": rounding, "layout": layout}
    given = values if layout == "NHWC" else values.transpose(0, 3, 1, 2)
    found = run(
        """const { toLevels } = await import("./drawing/pixels.js");
        return [...toLevels(Float32Array.from(given.values), given.output, 8, given.channels)];""",
        {"values": given.ravel().tolist(), "output": output, "channels": channels},
    )
    expected = to_levels(values, (-1.0, 1.0), rounding)
    assert np.array_equal(np.reshape(found, (1, 8, 8, 3)), np.repeat(expected, 3 // channels, -1))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("new Float32Array(12).fill(0.5)", "one colour"),
        ("Float32Array.from({ length: 12 }, (_, i) => i === 5 ? NaN : i / 12)", "not finite"),
        ("new Float32Array(11)", "gave 11 numbers, not 12"),
    ],
)
def test_a_broken_picture_is_no_picture(values: str, message: str) -> None:
    found = run(
        f"""const {{ toLevels }} = await import("./drawing/pixels.js");
        const output = {{ range: [-1, 1], rounding: "nearest", layout: "NHWC" }};
        try {{ toLevels({values}, output, 2, 3); }} catch (error) {{ return error.message; }}"""
    )
    assert message in found
