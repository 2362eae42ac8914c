"""SavedModels as other people write them: inspected, described as proposed, and drawn right.

Where the graph does not say something, the one line that says what to write is asserted, and that
it helps.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from sources.runtimes.pixels import BrokenModel
from sources.runtimes.ranges import WrongRange
from sources.spec.description import BadModel
from tests.sources.builders import save
from tests.sources.runtimes.corners import SIZE, check_corners, ground, spread

Flask = Callable[..., Result]
LATENT, LABELS = 24, 10


def pictures(latent: Any) -> Any:
    """[N, 24] → [N, 16, 16, 3] in [0, 1]."""
    import tensorflow as tf

    weights = np.random.RandomState(0).randn(latent.shape[-1], 192).astype(np.float32)
    middle = tf.sigmoid(latent @ weights) @ spread()
    return tf.reshape(middle, [-1, SIZE, SIZE, 3]) + ground()


def built(folder: Path, outputs: Callable[[Any], Any], batch: int | None = None) -> Path:
    """Write a SavedModel z [N, 24] → what ``outputs`` makes of pictures in [0, 1]."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([batch, LATENT], name="z")])
    def serve(z: Any) -> Any:
        made = outputs(pictures(z))
        return made if isinstance(made, dict) else {"out": made}

    return save(folder, serve)


def described(flask_command: Flask, folder: Path) -> Path:
    result = flask_command("models", "inspect", str(folder), "--write")
    assert result.exit_code == 0, result.output
    return folder / "model.toml"


def drawn(folder: Path, label: int = 0, count: int = 3) -> np.ndarray:
    model = find_model(folder.parent, str(folder))
    source = open_source(model, 1, check_range=True)
    made = [
        source.generate(label, [draw(model, seed, (1, 1)) for seed in range(at, at + source.batch)])
        for at in range(0, count, source.batch)
    ]
    return np.concatenate(made)[:count]


def edited(toml: Path, old: str, new: str) -> None:
    text = toml.read_text()
    assert old in text, text
    toml.write_text(text.replace(old, new))


def test_whole_numbers_are_levels(flask_command: Flask, tmp_path: Path) -> None:
    import tensorflow as tf

    folder = built(tmp_path / "m", lambda made: tf.cast(tf.round(made * 255), tf.uint8))
    assert "range = [0.0, 255.0]\n" in described(flask_command, folder).read_text()
    check_corners(drawn(folder))


@pytest.mark.parametrize(
    "scale, seen, range_",
    [
        (255.0, "from 0 to 255: most of it would be clipped", "[0.0, 255.0]"),
        (1.0, "from 0 to 1: pictures would be washed out", "[0.0, 1.0]"),
    ],
)
def test_a_guessed_range_that_is_wrong_is_measured(
    flask_command: Flask, tmp_path: Path, scale: float, seen: str, range_: str
) -> None:
    folder = built(tmp_path / "m", lambda made: made * scale)
    toml = described(flask_command, folder)
    with pytest.raises(WrongRange) as caught:
        drawn(folder)
    assert seen in caught.value.message
    assert f"write: [output] range = {range_}; or add --trust-range" in str(caught.value)
    edited(toml, "range = [-1.0, 1.0]", f"range = {range_}")
    check_corners(drawn(folder))


def test_channels_first(flask_command: Flask, tmp_path: Path) -> None:
    import tensorflow as tf

    folder = built(tmp_path / "m", lambda made: tf.transpose(made * 2 - 1, [0, 3, 1, 2]))
    described(flask_command, folder)
    check_corners(drawn(folder))


def test_grey_without_an_axis_of_channels(flask_command: Flask, tmp_path: Path) -> None:
    """Of red, green, blue and yellow the red channel: light, dark, dark, light."""
    folder = built(tmp_path / "m", lambda made: made[..., 0] * 2 - 1)
    assert 'layout = "NHW"' in described(flask_command, folder).read_text()
    found = drawn(folder)
    assert found.shape == (3, SIZE, SIZE, 3) and (found[..., 0] == found[..., 2]).all()
    corners = found[0, [0, 0, -1, -1], [0, -1, 0, -1], 0]
    assert corners.tolist() == [255, 0, 0, 255]


def test_grey_with_transparency(flask_command: Flask, tmp_path: Path) -> None:
    folder = built(tmp_path / "m", lambda made: made[..., :2] * 2 - 1)
    assert "channels = 4" in described(flask_command, folder).read_text()
    found = drawn(folder)
    assert found.shape == (3, SIZE, SIZE, 4) and (found[..., 0] == found[..., 2]).all()
    assert found[0, 0, 0].tolist() == [255, 255, 255, 0]
    assert found[0, 0, -1].tolist() == [0, 0, 0, 255]


def test_a_flat_row(flask_command: Flask, tmp_path: Path) -> None:
    import tensorflow as tf

    folder = built(tmp_path / "m", lambda made: tf.reshape(made * 2 - 1, [-1, SIZE * SIZE * 3]))
    toml = described(flask_command, folder)
    assert "shape = [16, 16, 3]  # guessed" in toml.read_text()
    check_corners(drawn(folder))
    edited(toml, "shape = [16, 16, 3]", "")
    with pytest.raises(BrokenModel, match=r"add to model.toml: \[output\] shape = \[16, 16, 3\]"):
        drawn(folder)
    edited(toml, 'layout = "NHWC"', 'layout = "NHWC"\nshape = [16, 16]')
    with pytest.raises(BadModel, match=r"is \[16, 16\], not one number each for H, W, C"):
        drawn(folder)


def test_the_output_is_chosen_by_name_and_shape(flask_command: Flask, tmp_path: Path) -> None:
    folder = built(
        tmp_path / "m",
        lambda made: {
            "depth": made * 0,
            "feature_image": made * 0,
            "images": made * 2 - 1,
            "w": made[:, 0, 0],
        },
    )
    assert 'name = "images"' in described(flask_command, folder).read_text()
    check_corners(drawn(folder))


def labelled(folder: Path, *specs: tuple[list[int | None], str, str]) -> Path:
    """Write a SavedModel z [N, 24] and a label → pictures, turned dark for label 3."""
    import tensorflow as tf

    z_and_label = [tf.TensorSpec(shape, dtype, name=name) for shape, dtype, name in specs]

    @tf.function(input_signature=z_and_label)
    def serve(*given: Any) -> Any:
        if len(given) == 1:
            latent, one_hot = given[0][:, :LATENT], given[0][:, LATENT:]
        elif given[1].dtype.is_integer:
            latent, one_hot = given[0], tf.one_hot(given[1], LABELS)
        else:
            latent, one_hot = given
        light = 1 - one_hot[:, 3, None, None, None]
        return {"out": pictures(latent) * light * 2 - 1}

    return save(folder, serve)


@pytest.mark.parametrize(
    "label", [([None, LABELS], "float32", "input_2"), ([None], "int32", "label")]
)
def test_a_label_beside_the_latent(flask_command: Flask, tmp_path: Path, label: Any) -> None:
    folder = labelled(tmp_path / "m", ([None, LATENT], "float32", "input_1"), label)
    text = described(flask_command, folder).read_text()
    assert text.count('\nkind = "latent"') == 1 and text.count("[[categories]]") == LABELS
    check_corners(drawn(folder, 2))
    with pytest.raises(BrokenModel, match="one colour"):
        drawn(folder, 3)


def test_a_label_joined_to_the_latent(flask_command: Flask, tmp_path: Path) -> None:
    """As in Keras's own example of a conditional GAN: described by two tables of one name."""
    folder = labelled(tmp_path / "m", ([None, LATENT + LABELS], "float32", "keras_tensor"))
    toml = described(flask_command, folder)
    text = toml.read_text()
    assert "tables [[inputs.keras_tensor]] instead, in their order" in text
    begin, end = text.index("[inputs.keras_tensor]"), text.index("[output]")
    parts = f"""\
[[inputs.keras_tensor]]
kind = "latent"
width = {LATENT}

[[inputs.keras_tensor]]
kind = "category"
width = 8

"""
    categories = "".join(f'[[categories]]\nlabel = {i}\nslug = "c{i}"\n' for i in (2, 3))
    toml.write_text(text[:begin] + parts + text[end:] + categories)
    with pytest.raises(BadModel, match=r"\[\[inputs.keras_tensor\]\] tables whose widths make 34"):
        drawn(folder, 2)
    edited(toml, "width = 8", f"width = {LABELS}")
    check_corners(drawn(folder, 2))
    with pytest.raises(BrokenModel, match="one colour"):
        drawn(folder, 3)
    edited(toml, f"width = {LATENT}", 'shape = "scalar"')
    with pytest.raises(BadModel, match=r"line \d+: inputs.keras_tensor.shape is 'scalar'"):
        drawn(folder)


@pytest.mark.parametrize("shape", [[], [1]])
def test_a_seed_as_the_only_input(flask_command: Flask, tmp_path: Path, shape: list[int]) -> None:
    """One picture per call, with or without an axis for the batch."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.int32, name="seed")])
    def serve(seed: Any) -> Any:
        pair = tf.stack([tf.reshape(seed, []), 0])
        made = pictures(tf.random.stateless_normal([1, LATENT], pair)) * 2 - 1
        return {"image": made if shape else made[0]}

    folder = save(tmp_path / "m", serve)
    text = described(flask_command, folder).read_text()
    assert 'kind = "seed"' in text and f'layout = "{"NHWC" if shape else "HWC"}"' in text
    check_corners(drawn(folder))
    np.testing.assert_array_equal(drawn(folder), drawn(folder))


def test_a_text_as_input(flask_command: Flask, tmp_path: Path) -> None:
    import tensorflow as tf

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, name="prompt"),
            tf.TensorSpec([None, LATENT], name="z"),
        ]
    )
    def serve(prompt: Any, z: Any) -> Any:
        light = tf.cast(prompt == "a light one", tf.float32)[:, None, None, None]
        return {"out": pictures(z) * light * 2 - 1}

    folder = save(tmp_path / "m", serve)
    toml = described(flask_command, folder)
    with pytest.raises(BadModel, match=r"lacks inputs.prompt.texts; add, .* texts = \[\"a red dra"):
        drawn(folder)
    edited(toml, "# texts = ", 'texts = ["a light one"] # ')
    toml.write_text(toml.read_text() + '[[categories]]\nlabel = 1\nslug = "dark"\n')
    with pytest.raises(BadModel, match=r"prompt has 1 texts for 2 labels; write one for each"):
        drawn(folder)
    edited(toml, '["a light one"]', '["a light one", "a dark one"]')
    check_corners(drawn(folder))
    with pytest.raises(BrokenModel, match="one colour"):
        drawn(folder, 1)


def test_without_an_input_nothing_can_be_made_again(flask_command: Flask, tmp_path: Path) -> None:
    import tensorflow as tf

    @tf.function(input_signature=[])
    def serve() -> Any:
        return {"out": pictures(tf.random.normal([4, LATENT])) * 2 - 1}

    result = flask_command("models", "inspect", str(save(tmp_path / "m", serve)), "--write")
    assert result.exit_code == 1
    assert "takes no input: no seed could decide its pictures" in result.output
    assert "flask adopt FOLDER" in result.output
    assert not (tmp_path / "m" / "model.toml").exists()


def test_a_fixed_batch(flask_command: Flask, tmp_path: Path) -> None:
    folder = built(tmp_path / "m", lambda made: made * 2 - 1, batch=4)
    described(flask_command, folder)
    assert open_source(find_model(tmp_path, str(folder)), 1).batch == 4
    check_corners(drawn(folder))


def test_labels_of_no_width(flask_command: Flask, tmp_path: Path) -> None:
    """As an unconditional StyleGAN for TensorFlow takes them."""
    import tensorflow as tf

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, LATENT], name="latents_in"),
            tf.TensorSpec([None, 0], name="labels_in"),
        ]
    )
    def serve(latents_in: Any, labels_in: Any) -> Any:
        return {"images_out": pictures(tf.concat([latents_in, labels_in], 1)) * 2 - 1}

    folder = save(tmp_path / "m", serve)
    assert "shape = [0]" in described(flask_command, folder).read_text()
    check_corners(drawn(folder))
