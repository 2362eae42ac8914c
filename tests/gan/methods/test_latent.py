"""An autoencoder and a generator in its latents: losses, continuing exactly, export."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan.dataset.files import Dataset, write_dataset
from gan.export.description import ModelAbout
from gan.export.model import export_model
from gan.methods import autoencoder, latent
from gan.methods.latent import visibility
from gan.networks.autoencoder import AutoencoderSizes, build_decoder
from gan.networks.latent import DECODER, Straight
from gan.training.checkpoint import checkpoints_in, load_checkpoint
from gan.training.options import BadOptions, RunOptions
from gan.training.plan import describe_run, try_steps
from gan.training.run import Run
from gan.training.trained import read_trained
from sources.description import read_model
from sources.latents import draw
from sources.litert import LiteRTSource
from tests.gan.conftest import make_dataset

SMALL = {"dataset": "tiny-64", "total_kimg": 0.016, "batch": 4, "warm_up_kimg": 0.0}
FIRST = autoencoder.Options(
    recipe="emoji-autoencoder", latent_channels=4, channels=(8, 8, 8), window=8, **SMALL
)
SECOND = latent.Options(
    recipe="emoji-latent", autoencoder="first", latent_channels=4, autoencoder_channels=(8, 8, 8),
    channels=(8, 8), penalty_every=2, projection_kimg=0.01, gamma_kimg=0.01, **SMALL,
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def eager() -> Iterator[None]:
    """Steps run uncompiled: tracing takes ten times as long as four steps of this size."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_dataset(64)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Path:
    """A home with the data set and both runs, four steps each."""
    home = tmp_path_factory.mktemp("home")
    write_dataset(dataset, home / "datasets" / "tiny-64")
    begin(home, "first", dataset, FIRST).train()
    begin(home, "second", dataset, SECOND).train()
    return home


def begin(home: Path, name: str, dataset: Dataset, options: RunOptions) -> Run:
    return Run(home / "runs" / name, dataset, options, print)


def arrays(run: Path) -> dict[str, np.ndarray]:
    return load_checkpoint(checkpoints_in(run)[-1]).arrays


def test_the_loss_is_that_of_its_definition() -> None:
    random = np.random.RandomState(0)
    difference = random.uniform(-1, 1, (2, 5, 6, 4)).astype(np.float32)
    background = random.uniform(0, 1, (2, 1, 1, 3)).astype(np.float32)
    seen = np.concatenate(
        [difference[..., :3] - background * difference[..., 3:], difference[..., 3:] / 2], -1
    )
    expected = 0.0
    for part in (seen, np.diff(seen, axis=1), np.diff(seen, axis=2)):
        expected += 4 * (part**2).mean() + 0.3 * (np.sqrt(part**2 + 1e-4).mean() - 0.01)
    found = autoencoder.reconstruction_loss(tf.constant(difference), tf.constant(background), 0.3)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_premultiplied_and_back() -> None:
    straight = np.random.RandomState(0).uniform(-1, 1, (2, 3, 3, 4)).astype(np.float32)
    straight[0, 0, 0, 3] = -1  # clear: its colour is lost
    back = np.asarray(Straight()(autoencoder.premultiplied(tf.constant(straight))))
    np.testing.assert_array_equal(back[0, 0, 0], [1, 1, 1, -1])
    straight[0, 0, 0] = back[0, 0, 0]
    np.testing.assert_allclose(back, straight, atol=1e-5)


def test_training_an_autoencoder_moves_both_halves(
    home: Path, tmp_path: Path, dataset: Dataset
) -> None:
    begin(tmp_path, "first", dataset, FIRST).save()
    before, after = arrays(tmp_path / "runs" / "first"), arrays(home / "runs" / "first")
    for name, array in after.items():
        if name.startswith(("encoder/", "decoder/", "ema_")) and array.size > 64:
            assert np.abs(before[name] - array).max() > 0, name


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_steps_on_one_batch_bring_its_pictures_closer(dataset: Dataset, policy: str) -> None:
    options = dataclasses.replace(FIRST, noise=0.0, shift_px=0)
    method = autoencoder.build(options, dataset, policy)
    pictures = tf.constant(options.batches(dataset).draw(0, 4).pictures)
    same = [method._step(pictures, tf.constant([0, 0]), tf.constant(4e-3)) for _ in range(10)]
    losses = [float(metrics["loss"]) for metrics in same]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("name", ["first", pytest.param("second", marks=pytest.mark.long)])
def test_continued_it_ends_with_the_same_weights(
    name: str, home: Path, tmp_path: Path, dataset: Dataset
) -> None:
    shutil.copytree(home / "runs" / "first", tmp_path / "runs" / "first")
    options = FIRST if name == "first" else SECOND
    for _ in range(2):
        begin(tmp_path, f"{name}-again", dataset, options).train(minutes=1e-9)  # one step
    begin(tmp_path, f"{name}-again", dataset, options).train()
    expected = arrays(home / "runs" / name)
    for key, array in arrays(tmp_path / "runs" / f"{name}-again").items():
        np.testing.assert_array_equal(array, expected[key], err_msg=key)


@pytest.mark.parametrize(("options", "network"), [(FIRST, "decoder"), (SECOND, "generator")])
def test_a_plan_names_networks_and_checkpoint(
    home: Path, dataset: Dataset, options: RunOptions, network: str
) -> None:
    folder = home / "runs" / "planned"
    assert f"{network} " in describe_run(folder, dataset, options)
    assert "MB, the last 2 are kept" in try_steps(folder, dataset, options, print)
    assert not folder.exists()


def test_a_generator_moves_and_the_autoencoder_behind_it_stays(home: Path) -> None:
    first, second = arrays(home / "runs" / "first"), arrays(home / "runs" / "second")
    method = latent.build(SECOND, make_dataset(64), "float32", home, print)
    for i, variable in enumerate(method.ema.get_layer(DECODER).variables):
        np.testing.assert_array_equal(variable, first[f"ema_decoder/{i:03d}"])
    for i, variable in enumerate(method.encoder.variables):
        np.testing.assert_array_equal(second[f"encoder/{i:03d}"], first[f"ema_encoder/{i:03d}"])
        assert variable.shape == second[f"encoder/{i:03d}"].shape
    np.testing.assert_array_equal(method.visibility, second["codes/000"])
    begun = latent.Latent(SECOND, make_dataset(64), "float32")
    for part, network in (("generator", begun.generator), ("discriminator", begun.discriminator)):
        for i, variable in enumerate(network.variables):
            assert second[f"{part}/{i:03d}"].shape == variable.shape
            assert np.isfinite(second[f"{part}/{i:03d}"]).all()


def test_the_visibility_of_a_channel_is_what_it_changes_in_a_picture() -> None:
    decoder = build_decoder(AutoencoderSizes(64, 4, (8, 8, 8))).whole
    kernel, bias = decoder.get_layer("linear").get_weights()
    kernel[:] *= np.array([[4.0], [2.0], [1.0], [0.0]]) / np.linalg.norm(kernel, axis=1)[:, None]
    decoder.get_layer("linear").set_weights([kernel, bias])
    expected = np.array([4, 2, 1, 0]) / np.sqrt(21 / 4)
    np.testing.assert_allclose(visibility(decoder), expected, atol=1e-3)


def test_the_discriminator_sees_channels_by_their_visibility(dataset: Dataset) -> None:
    options = dataclasses.replace(SECOND, code_noise=0.0, code_shift_probability=0.0)
    method = latent.Latent(options, dataset, "float32")
    method.visibility.assign([2.0, 1.0, 0.5, 0.0])
    codes = tf.random.stateless_normal((2, 8, 8, 4), [0, 0])
    seen = method.seen(codes, tf.constant([0, 1]), tf.constant([0, 2]), tf.constant(1.0))
    np.testing.assert_allclose(seen, codes * method.visibility, rtol=1e-6, atol=1e-6)


def test_what_is_exported_draws_transparent_pictures(home: Path, tmp_path: Path) -> None:
    trained = read_trained(home / "runs" / "second", home / "datasets", print)
    random = np.random.RandomState(0)
    for variable in trained.generator.trainable_variables:
        variable.assign_add(random.standard_normal(variable.shape).astype(np.float32) * 0.05)
    folder = export_model(trained, ModelAbout("tiny", 1, "Tiny", "MIT"), tmp_path, None, print)
    model = read_model(folder)
    source = LiteRTSource(model, threads=1)
    draws = [draw(model, seed, model.truncation.default) for seed in range(3)]
    made = source.generate(model.categories[0].label, draws)
    assert made.shape == (3, 64, 64, 4)
    assert len({picture.tobytes() for picture in made}) == 3
    assert len(np.unique(made[..., 3])) > 1


def test_without_its_autoencoder_it_says_what_to_train_first(
    tmp_path: Path, dataset: Dataset
) -> None:
    with pytest.raises(BadOptions, match="run first, which has no checkpoint") as refused:
        begin(tmp_path, "second", dataset, SECOND)
    assert "flask gan train --recipe emoji-autoencoder" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"picture_channels": 3}, "picture_channels must be 4"),
        ({"window": 40}, "window is 40"),
        ({"latent_channels": 0}, "latent_channels is 0"),
    ],
)
def test_options_out_of_range_are_refused(changes: dict[str, int], said: str) -> None:
    with pytest.raises(BadOptions, match=said):
        dataclasses.replace(FIRST, **changes)
