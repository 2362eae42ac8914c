"""The documents' recipes at tiny size: a step, continuing exactly, export and what is drawn."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan.dataset.files import Dataset, write_dataset
from gan.export.check import fixed_inputs
from gan.export.description import ModelAbout
from gan.export.model import export_model
from gan.methods.trained import read_trained
from gan.networks.standing import compute_standing_statistics
from gan.runs.checkpoint import BadCheckpoint, checkpoints_in, load_checkpoint
from gan.runs.options import BadOptions
from gan.training.dry_run import describe_run
from gan.training.run import Run
from sources.runtimes.latents import draw
from sources.runtimes.litert import LiteRTSource
from sources.spec.description import read_model
from tests.gan.conftest import make_dataset
from tests.gan.methods.tiny_recipes import SMALLER, tiny

pytestmark = pytest.mark.usefixtures("eager")

PROJECT = Path(__file__).parents[3]
KILLED = os.environ.get("KILLED_RECIPES", "wgan").split()  # one of each: make test-long
# the small ones are the same methods with other numbers
TRAINED = [recipe for recipe in SMALLER if not recipe.endswith("-small")]
every_recipe = pytest.mark.parametrize("recipe", TRAINED)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the data set and one whole run of each recipe, six steps."""
    home = tmp_path_factory.mktemp("home")
    write_dataset(make_dataset(), home / "datasets" / "tiny-8")
    for recipe in TRAINED:
        Run(home / "runs" / recipe, make_dataset(), tiny(recipe), print).train()
    return home


def arrays(folder: Path) -> dict[str, np.ndarray]:
    return load_checkpoint(checkpoints_in(folder)[-1]).arrays


@every_recipe
def test_training_moves_every_weight_of_every_network(
    recipe: str, runs: Path, tmp_path: Path, tiny_dataset: Dataset
) -> None:
    Run(tmp_path, tiny_dataset, tiny(recipe), print).save()
    before, after = arrays(tmp_path), arrays(runs / "runs" / recipe)
    assert set(before) == set(after)
    for name, array in after.items():
        assert np.isfinite(array).all(), name
        if name.startswith(("generator/", "discriminator/", "ema/")) and array.size > 1:
            assert np.abs(before[name] - array).max() > 0, name


@every_recipe
def test_continued_it_ends_with_the_same_weights(
    recipe: str, runs: Path, tmp_path: Path, tiny_dataset: Dataset
) -> None:
    for _ in range(2):
        Run(tmp_path, tiny_dataset, tiny(recipe), print).train(minutes=1e-9)  # one step
    Run(tmp_path, tiny_dataset, tiny(recipe), print).train()
    expected = arrays(runs / "runs" / recipe)
    for name, array in arrays(tmp_path).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


@every_recipe
def test_what_is_exported_draws_the_same_and_fills_a_store(
    recipe: str, runs: Path, tmp_path: Path
) -> None:
    trained = read_trained(runs / "runs" / recipe, runs / "datasets", print)
    random = np.random.RandomState(0)
    # six steps leave StyleGAN's constant input flat: AdaIN would blow up the rounding alone
    for variable in trained.generator.trainable_variables:
        variable.assign_add(random.standard_normal(variable.shape).astype(np.float32) * 0.1)
    compute_standing_statistics(trained.generator, trained.networks)  # of these weights
    folder = export_model(trained, ModelAbout("tiny", 1, "Tiny", "MIT"), tmp_path, None, print)
    spec = trained.networks
    given = fixed_inputs(spec, trained.styles)
    expected = np.asarray(spec.picture(trained.generator, given))
    assert expected.std(axis=0).mean() > 1e-4  # not one picture over and over
    loaded = tf.saved_model.load(str(folder))
    tensors = {name: tf.constant(value) for name, value in given.items()}
    served = loaded.signatures["serving_default"](**tensors)[spec.output]
    assert np.abs(served - expected).mean() < 0.004
    assert np.abs(served - expected).max() < 0.15

    model = read_model(folder)
    contents = tomllib.loads((folder / "model.toml").read_text())
    assert {name for name in contents["inputs"]} == set(given)
    source = LiteRTSource(model, threads=1)
    for category in model.categories[:2]:
        draws = [draw(model, seed, model.truncation.default) for seed in range(3)]
        pictures = source.generate(category.label, draws)
        assert pictures.shape == (3, 8, 8, 3)
        assert len({picture.tobytes() for picture in pictures}) > 1


@pytest.mark.parametrize("recipe", SMALLER)
def test_a_plan_names_both_networks(recipe: str, tiny_dataset: Dataset, tmp_path: Path) -> None:
    plan = describe_run(tmp_path, tiny_dataset, tiny(recipe))
    assert "generator" in plan
    assert "discriminator" in plan


def test_a_checkpoint_or_run_of_another_recipe_is_refused(
    runs: Path, tmp_path: Path, tiny_dataset: Dataset
) -> None:
    with pytest.raises(BadOptions, match="begun with recipe wgan, not wgan-gp"):
        Run(runs / "runs" / "wgan", tiny_dataset, tiny("wgan-gp"), print)
    last = checkpoints_in(runs / "runs" / "wgan-gp")[-1]
    (tmp_path / last.name).write_bytes(last.read_bytes())
    with pytest.raises(BadCheckpoint, match="another recipe"):
        Run(tmp_path, tiny_dataset, tiny("wgan"), print)


TRAIN = """
import dataclasses, sys
from pathlib import Path
import tensorflow as tf
# with several threads some sums are now and then added in another order
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
from gan.dataset.files import read_dataset
from gan.training.run import Run
from tests.gan.methods.tiny_recipes import tiny
folder, dataset = map(Path, sys.argv[1:3])
Run(folder, read_dataset(dataset), tiny(sys.argv[3], 60), print).train(checkpoint_minutes=0.002)
"""


@pytest.mark.long
@pytest.mark.parametrize("recipe", KILLED)
def test_killed_at_an_unknown_moment_and_continued_it_ends_with_the_same_weights(
    recipe: str, tmp_path: Path, tiny_dataset: Dataset
) -> None:
    """Whole processes and compiled steps, as in earnest."""
    write_dataset(tiny_dataset, tmp_path / "data")

    def start(name: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", TRAIN, str(tmp_path / name), str(tmp_path / "data"), recipe],
            cwd=PROJECT, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    killed = start("killed")
    deadline = time.monotonic() + 200
    while not checkpoints_in(tmp_path / "killed") and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    at = load_checkpoint(checkpoints_in(tmp_path / "killed")[-1]).about["step"]
    assert 0 < at < 60
    ends = []
    for name in ("whole", "killed"):
        out, errors = start(name).communicate(timeout=300)
        assert "finished" in out, errors
        ends.append(load_checkpoint(tmp_path / name / "checkpoint-000000060.npz").arrays)
    for name, array in ends[0].items():
        np.testing.assert_array_equal(array, ends[1][name], err_msg=name)


def test_an_unconditional_generator_has_one_category_of_the_data_sets_name(
    runs: Path, tmp_path: Path
) -> None:
    trained = read_trained(runs / "runs" / "wgan", runs / "datasets", print)
    folder = export_model(trained, ModelAbout("tiny", 1, "Tiny", "MIT"), tmp_path, None, print)
    (category,) = read_model(folder).categories
    assert (category.slug, category.name) == ("tiny", "tiny")
    one = dataclasses.replace(
        trained,
        dataset=dataclasses.replace(make_dataset(), categories=make_dataset().categories[:1]),
    )
    folder = export_model(one, ModelAbout("tiny", 2, "Tiny", "MIT"), tmp_path, None, print)
    assert read_model(folder).categories[0].name == "thing 0"
