"""Twice the size behind a trained generator: the loss, what moves, continuing, export, refusals."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from gan.dataset.files import TRAIN, Dataset, write_dataset
from gan.export.card import training_section
from gan.export.description import ModelAbout
from gan.export.model import export_model
from gan.machine import dtype_policy
from gan.methods import upscaled
from gan.methods.trained import read_trained
from gan.methods.upscaled import enlarging_loss, inked, shrunk, warped
from gan.networks.upscaled import DRAWING, UPSCALER, UpscaledOptions, build_upscaler
from gan.pixels import on_white
from gan.runs.options import BadOptions, RunOptions
from gan.training.dry_run import describe_run, try_steps
from gan.training.run import Run
from sources.runtimes.latents import draw
from sources.runtimes.litert import LiteRTSource
from sources.spec.description import read_model
from tests.gan.conftest import make_dataset
from tests.gan.methods.tiny_recipes import arrays
from tests.gan.tiny import TINY

pytestmark = pytest.mark.usefixtures("eager")

LARGE = upscaled.Options(
    recipe="emoji-upscaled", dataset="tiny-16", generator="small",
    generator_channels=TINY.generator_channels, channels=4, blocks=1, batch=4,
    total_kimg=0.016, warm_up_kimg=0.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_dataset(16)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Path:
    """A home with both data sets and both runs; four steps of the second."""
    home = tmp_path_factory.mktemp("home")
    write_dataset(make_dataset(8), home / "datasets" / "tiny-8")
    write_dataset(dataset, home / "datasets" / "tiny-16")
    begin(home, "small", make_dataset(8), TINY).save()
    begin(home, "large", dataset, LARGE).train()
    return home


def begin(home: Path, name: str, dataset: Dataset, options: RunOptions) -> Run:
    return Run(home / "runs" / name, dataset, options, print)


def test_the_loss_is_that_of_its_definition() -> None:
    difference = np.random.RandomState(0).uniform(-1, 1, (2, 5, 6, 3)).astype(np.float32)
    parts = (difference, np.diff(difference, axis=1), np.diff(difference, axis=2))
    expected = sum(np.sqrt(part**2 + 1e-6).mean() - 1e-3 for part in parts)
    np.testing.assert_allclose(enlarging_loss(tf.constant(difference)), expected, rtol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_it_begins_as_linear_interpolation(policy: str) -> None:
    options = UpscaledOptions(16, 3, 2, (16, 16), channels=4, blocks=1)
    pictures = np.random.RandomState(0).uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32)
    with dtype_policy(policy):
        made = build_upscaler(options)(pictures)
    assert made.dtype == tf.float32
    np.testing.assert_allclose(made, tf.image.resize(pictures, (16, 16)), atol=1e-6)


def test_parameters_and_sizes_of_the_recipe() -> None:
    options = UpscaledOptions(128, 74, 9, (256, 256, 128, 64))
    inside = 9 * 32 * 32 + 32
    trained = 9 * 3 * 32 + 32 + 8 * inside + 9 * 32 * 12 + 12
    assert build_upscaler(options).count_params() == trained + 128 * 128  # where ink may be
    whole = options.build()
    assert whole.output_shape == (None, 128, 128, 3)
    assert whole.get_layer(DRAWING).output_shape == (None, 64, 64, 3)


def test_the_upscaler_moves_and_the_generator_stays(home: Path, dataset: Dataset) -> None:
    begin(home, "begun", dataset, LARGE).save()
    small, begun, large = (arrays(home, name) for name in ("small", "begun", "large"))
    count = len(upscaled.Upscaled(LARGE, dataset, "float32").ema.get_layer(DRAWING).variables)
    for i in range(count):
        np.testing.assert_array_equal(large[f"ema/{i:03d}"], small[f"ema/{i:03d}"])
        np.testing.assert_array_equal(begun[f"ema/{i:03d}"], small[f"ema/{i:03d}"])
    ground = max(name for name in begun if name.startswith("upscaler/"))
    np.testing.assert_array_equal(large[ground], begun[ground])
    for name in (name for name in begun if name.startswith("upscaler/") and name != ground):
        moved = np.abs(large[name] - begun[name]).max()
        average = f"ema/{count + int(name[-3:]):03d}"
        assert 0 < np.abs(large[average] - begun[average]).max() < moved, name


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_steps_on_one_batch_bring_its_pictures_closer(
    home: Path, dataset: Dataset, policy: str
) -> None:
    options = dataclasses.replace(LARGE, blur=0.0, noise=0.0, learning_rate=4e-3)
    method = upscaled.build(options, dataset, policy, home, print)
    batch = options.batches(dataset).draw(0, 4)
    found = [method.step(0, batch, 0.0) for _ in range(25)]
    assert float(found[-1]["difference"]) < 0.9 * float(found[0]["difference"])
    assert float(found[-1]["difference"]) < float(found[-1]["difference/linear"])


def test_small_pictures_are_spoilt_each_by_another_amount(dataset: Dataset) -> None:
    one = shrunk(tf.constant(LARGE.batches(dataset).draw(0, 1).pictures))
    same = tf.repeat(one, 8, axis=0)
    method = upscaled.Upscaled(LARGE, dataset, "float32")
    made = method.spoilt(same, tf.constant([0, 1]))
    np.testing.assert_array_equal(made, method.spoilt(same, tf.constant([0, 1])))
    changed = np.abs(made - same).mean((1, 2, 3))
    assert len(np.unique(changed.round(4))) == 8 and changed.min() > 0
    clean = dataclasses.replace(LARGE, blur=0.0, noise=0.0)
    kept = upscaled.Upscaled(clean, dataset, "float32").spoilt(same, tf.constant([0, 1]))
    np.testing.assert_allclose(kept, same, atol=1e-6)
    # a flat picture has nothing to blur, at its rim neither
    blurred = dataclasses.replace(LARGE, noise=0.0)
    flat = tf.ones((2, 8, 8, 3))
    made = upscaled.Upscaled(blurred, dataset, "float32").spoilt(flat, tf.constant([0, 1]))
    np.testing.assert_allclose(made, flat, atol=1e-6)


def test_what_is_white_in_all_pictures_stays_white(home: Path, dataset: Dataset) -> None:
    drawn_on = inked(dataset, LARGE)
    shown = on_white(dataset.pictures[dataset.indices(TRAIN)])
    np.testing.assert_array_equal(drawn_on, ((shown < 248) | (shown[:, :, ::-1] < 248)).any((0, 3)))
    assert 0 < drawn_on.sum() < drawn_on.size  # the tiny pictures have a margin
    trained = read_trained(home / "runs" / "large", home / "datasets", print)
    upscaler = trained.generator.get_layer(UPSCALER)
    made = np.asarray(upscaler(-np.ones((1, 8, 8, 3), np.float32)))[0]
    np.testing.assert_array_equal(made[~drawn_on], 1.0)
    assert made[drawn_on].max() < 0.9


def test_a_warp_takes_pixels_from_elsewhere() -> None:
    random = np.random.RandomState(0)
    pictures = random.rand(2, 6, 8, 3).astype(np.float32)
    nowhere = np.zeros((2, 6, 8, 2), np.float32)
    np.testing.assert_allclose(warped(pictures, nowhere), pictures, atol=1e-6)
    # one down, two right; what lies outside is the rim
    made = warped(pictures, nowhere + np.array([1.0, 2.0], np.float32))
    np.testing.assert_allclose(made[:, :-1, :-2], pictures[:, 1:, 2:], atol=1e-6)
    np.testing.assert_allclose(made[:, -1, -1], pictures[:, -1, -1], atol=1e-6)
    # a quarter of the way: between the two
    quarter = warped(pictures, nowhere + np.array([0.0, -0.25], np.float32))
    between = 0.25 * pictures[:, :, :-1] + 0.75 * pictures[:, :, 1:]
    np.testing.assert_allclose(quarter[:, :, 1:], between, atol=1e-6)
    # each pixel has a shift of its own
    shifts = nowhere.copy()
    shifts[1, 3, 4] = [-3.0, 2.0]
    made = warped(pictures, shifts)
    np.testing.assert_allclose(made[1, 3, 4], pictures[1, 0, 6], atol=1e-6)
    assert int(np.any(np.abs(made - pictures) > 1e-6, -1).sum()) == 1


def test_outlines_waver_and_plain_ground_stays(dataset: Dataset) -> None:
    options = dataclasses.replace(LARGE, blur=0.0, noise=0.0, warp=1.0)
    method = upscaled.Upscaled(options, dataset, "float32")
    upright = np.ones((8, 16, 16, 3), np.float32)
    upright[:, :, :6] = -1.0
    made = method.spoilt(tf.constant(upright), tf.constant([0, 1])).numpy()
    outline = np.abs(made - upright)[:, :, 2:10].mean((1, 2, 3))
    assert len(np.unique(outline.round(4))) == 8 and outline.min() > 0
    assert made[:, :, 5:7].std(1).mean() > 0.05
    np.testing.assert_allclose(made[:, :, 12:], 1.0, atol=1e-6)
    assert np.abs(made).max() <= 1.0


def test_continued_it_ends_with_the_same_weights(
    home: Path, tmp_path: Path, dataset: Dataset
) -> None:
    def again() -> Run:
        return Run(tmp_path / "runs" / "again", dataset, LARGE, print, home=home)

    for _ in range(2):
        again().train(minutes=1e-9)  # one step
    again().train()
    expected = arrays(home, "large")
    for key, array in arrays(tmp_path, "again").items():
        np.testing.assert_array_equal(array, expected[key], err_msg=key)


def test_a_plan_of_the_network_behind_a_generator(home: Path, dataset: Dataset) -> None:
    folder = home / "runs" / "planned"
    assert re.search(r"upscaler +[\d,]+ parameters", describe_run(folder, dataset, LARGE))
    assert "MB held in 3 steps" in try_steps(folder, dataset, LARGE, print)
    assert not folder.exists()


def test_a_run_says_what_it_was_made_from(home: Path) -> None:
    trained = read_trained(home / "runs" / "large", home / "datasets", print)
    before = trained.about["made_from"]
    assert before["recipe"] == TINY.recipe
    assert before["options"]["generator_channels"] == [*TINY.generator_channels]
    assert trained.about["pictures_seen"] == 16
    assert trained.pictures_seen == before["pictures_seen"] == 0
    text = training_section(trained)
    assert text.index(f"Recipe `{TINY.recipe}`: 0 pictures") < text.index(
        "Recipe `emoji-upscaled`: 16 pictures seen in 4 steps"
    )
    assert "| total_kimg | 0.016 |" in text


def test_what_is_exported_draws_the_same(home: Path, tmp_path: Path) -> None:
    trained = read_trained(home / "runs" / "large", home / "datasets", print)
    random = np.random.RandomState(0)
    for variable in trained.generator.get_layer(UPSCALER).trainable_variables:
        variable.assign_add(random.standard_normal(variable.shape).astype(np.float32) * 0.05)
    # compares both files' pictures with the generator's
    folder = export_model(trained, ModelAbout("tiny", 1, "Tiny", "MIT"), tmp_path, None, print)
    model = read_model(folder)
    source = LiteRTSource(model, threads=1)
    draws = [draw(model, seed, model.truncation.default) for seed in range(3)]
    made = source.generate(model.categories[0].label, draws)
    assert made.shape == (3, 16, 16, 3)
    assert len({picture.tobytes() for picture in made}) == 3


def test_without_its_generator_it_says_what_to_train_first(home: Path, dataset: Dataset) -> None:
    options = dataclasses.replace(LARGE, generator="none")
    with pytest.raises(BadOptions, match="of the run none: there is no run 'none'") as refused:
        begin(home, "x", dataset, options)
    assert "flask gan train --recipe emoji" in str(refused.value.hint)
    assert not (home / "runs" / "x").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"picture_channels": 4}, "picture_channels must be 3"),
        ({"channels": 0}, "channels is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0"),
        ({"warp": -1.0}, "warp is -1.0, but must not be below 0"),
    ],
)
def test_options_out_of_range_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadOptions, match=said):
        dataclasses.replace(LARGE, **changes)


def test_a_generator_that_does_not_fit_is_refused(home: Path, dataset: Dataset) -> None:
    for changes, said in (
        ({"generator_channels": (16,)}, r"generator_channels \(8,\), but what .* enlarged \(16,\)"),
        ({"last": "upsample"}, "has last depth_to_space, but what is to be enlarged upsample"),
    ):
        with pytest.raises(BadOptions, match=said):
            begin(home, "x", dataset, dataclasses.replace(LARGE, **changes))
    with pytest.raises(BadOptions, match="has size_px 8, but what is to be enlarged 16") as refused:
        larger = dataclasses.replace(LARGE, generator_channels=(8, 8))
        begin(home, "x", make_dataset(32), larger)
    assert refused.value.hint == "--dataset of 16 px"
    other = dataclasses.replace(dataset, styles=["flat", "round"])
    with pytest.raises(BadOptions, match="tiny has other styles than tiny"):
        begin(home, "x", other, LARGE)
