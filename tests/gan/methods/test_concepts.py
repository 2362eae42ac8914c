"""Training by concepts: it begins as what it goes on from, and continues exactly."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from gan.dataset.emoji.concept_vectors import read_concept_vectors
from gan.dataset.files import write_dataset
from gan.export.card import training_section
from gan.export.description import ModelAbout
from gan.export.model import export_model
from gan.methods import concepts, projected
from gan.methods.trained import read_trained
from gan.networks.concepts import PARENTS
from gan.pixels import on_white
from gan.recipes import read_recipe
from gan.runs import exported
from gan.runs.options import BadOptions, RunOptions
from gan.training.dry_run import describe_run
from gan.training.run import Run
from tests.gan.batches.test_concepts import emoji_dataset
from tests.gan.methods.tiny_recipes import arrays, shallow_start, warm_started
from tests.gan.tiny import TINY

pytestmark = [pytest.mark.network, pytest.mark.usefixtures("eager")]

DATASET = emoji_dataset()
TOTAL_KIMG = 0.012


@pytest.fixture(scope="module")
def options(shallow: None) -> concepts.Options:  # noqa: ARG001
    return concepts.Options(**shallow_start("concepts"), total_kimg=TOTAL_KIMG)


@pytest.fixture(scope="module")
def without_concepts(shallow: None) -> projected.Options:  # noqa: ARG001
    return projected.Options(**shallow_start("projected"), total_kimg=TOTAL_KIMG)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, options: concepts.Options) -> Path:
    """A home with a run of two steps, its exported model, and a run of three by concepts."""
    home = tmp_path_factory.mktemp("home")
    write_dataset(DATASET, home / "datasets" / "tiny-8")
    begin(home, "first", dataclasses.replace(TINY, total_kimg=0.016)).train()
    trained = read_trained(home / "runs" / "first", home / "datasets", print)
    export_model(trained, ModelAbout("tiny", 1, "Tiny", "MIT"), home / "models", None, print)
    begin(home, "second", options).train()
    return home


def begin(home: Path, name: str, options: RunOptions) -> Run:
    return Run(home / "runs" / name, DATASET, options, print)


def method_of(run: Run) -> concepts.ConceptPairing:
    assert isinstance(run.method, concepts.ConceptPairing)
    return run.method


def drawn(network: object, spec: object, parents: np.ndarray) -> np.ndarray:
    random = np.random.RandomState(0)
    given = {
        "latent": random.standard_normal((6, 128)).astype(np.float32),
        "category": np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 0]],
        "style": np.eye(2, dtype=np.float32)[[0, 1, 0, 1, 0, 1]],
        "truncation": np.ones(6, np.float32),
        "parents": parents,
    }
    return np.asarray(spec.picture(network, given))  # type: ignore[attr-defined]


@pytest.mark.parametrize("parents", [np.zeros((6, 2)), np.full((6, 2), 0.7)])
def test_step_0_draws_what_the_run_taken_up_draws(
    home: Path, parents: np.ndarray, options: concepts.Options
) -> None:
    begun = begin(home, "begun", options)
    before = read_trained(home / "runs" / "first", home / "datasets", print)
    expected = drawn(before.generator, before.networks, parents)
    found = drawn(begun.method.ema, begun.method.networks, parents.astype(np.float32))
    np.testing.assert_array_equal(found, expected)
    assert expected.std(axis=0).mean() > 1e-3


@pytest.mark.parametrize("kind", ["options", "without_concepts"])
def test_step_0_draws_what_the_exported_model_draws(
    home: Path, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: projected.Options = request.getfixturevalue(kind)
    monkeypatch.setattr(exported, "MODELS", home / "models")
    begun = begin(home, f"{options.recipe}-of-model", dataclasses.replace(options, start="tiny/1"))
    spec, model = begun.method.networks, tf.saved_model.load(str(home / "models" / "tiny" / "1"))
    for network in (begun.method.ema, begun.method.generator):
        call = SimpleNamespace(inputs=[])

        def served(inputs: list[object], call: SimpleNamespace = call) -> np.ndarray:
            call.inputs = inputs
            return np.zeros(1)

        numbers = np.full((6, 2), 0.3, np.float32)
        drawn(served, spec, numbers)
        latent, category, style = call.inputs[:3]
        found = model.signatures["serving_default"](
            latent=tf.constant(latent), category=tf.constant(category), style=tf.constant(style),
            truncation=tf.ones(6),
        )["picture"]  # fmt: skip
        if network is begun.method.ema:
            np.testing.assert_allclose(drawn(network, spec, numbers), found, atol=1e-5)
        elif kind == "options":
            vector = np.ones((6, 128), np.float32)
            given = [latent, category, style, vector, category, vector]
            np.testing.assert_allclose(network(given), found, atol=2e-2)  # maybe in bfloat16
    assert isinstance(begun.method, projected.Projected)
    assert begun.method.made_from == {"model": "tiny/1"}
    begun.save()
    trained = read_trained(begun.folder, home / "datasets", print)
    assert "Begins with the weights of the model tiny/1" in training_section(trained)
    assert trained.pictures_seen == 0


def test_training_moves_every_network(home: Path, options: concepts.Options) -> None:
    still = begin(home, "still", options)
    still.save()
    before, after = arrays(home, "still"), arrays(home, "second")
    assert sorted(before) == sorted(after)
    for part in ("generator/", "discriminator/", "ema/", "heads/"):
        moved = [np.abs(after[n] - before[n]).max() for n in before if n.startswith(part)]
        assert max(moved) > 0, part
    names = [v.path for v in still.method.generator.variables]
    shift = f"generator/{names.index('concept_shift/kernel'):03d}"
    assert not before[shift].any() and np.abs(after[shift]).max() > 0


def test_continued_it_ends_with_the_same_weights(
    home: Path, tmp_path: Path, options: concepts.Options
) -> None:
    folder = tmp_path / "runs" / "again"
    Run(folder, DATASET, options, print, home=home).train(minutes=1e-9)  # one step
    begin(tmp_path, "again", options).train()  # without the run that it took up
    expected = arrays(home, "second")
    for name, array in arrays(tmp_path, "again").items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_a_run_by_concepts_is_taken_up_whole(home: Path, options: concepts.Options) -> None:
    begin(home, "third", dataclasses.replace(options, start="second")).save()
    second = arrays(home, "second")
    for name, array in arrays(home, "third").items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)
    assert read_trained(home / "runs" / "third", home / "datasets", print).pictures_seen == 28


def test_only_concepts_that_are_trained_on_are_drawn(home: Path, options: concepts.Options) -> None:
    parents = begin(home, "known", options).method.ema.get_layer(PARENTS)
    category_of = np.asarray(parents.category_of)
    known = read_concept_vectors()
    for record in DATASET.records:
        (row,) = known.rows([record.concept])
        expected = int(record.category[1:]) if record.split == "train" else -1
        assert category_of[row] == expected
    assert (category_of >= 0).sum() == 12
    np.testing.assert_array_equal(parents.vectors, known.vectors)


def test_the_grid_shows_pictures_above_what_is_drawn_of_their_concepts(
    home: Path, options: concepts.Options
) -> None:
    run = begin(home, "second", options)
    shown = method_of(run).samples(DATASET)
    assert shown.shape == (144, 8, 8, 3) and shown.dtype == np.uint8
    rows = shown.reshape(3, 3, 16, 8, 8, 3)
    real = {on_white(picture[None]).tobytes() for picture in DATASET.pictures}
    assert all(picture.tobytes() in real for row in rows[:, 0] for picture in row)
    assert not any(picture.tobytes() in real for row in rows[:, 1] for picture in row)
    assert np.abs(rows[:, 1].astype(int) - rows[:, 2]).max() > 0


def test_own_differences_by_hand() -> None:
    random = np.random.RandomState(0)
    real, fake = random.uniform(-1, 1, (2, 3, 4, 4, 2)).astype(np.float32)
    expected = (np.abs(fake - real).mean((1, 2, 3)) * [1, 0, 1]).sum() / 3
    found = concepts.own_difference(real, fake, tf.constant([1.0, 0.0, 1.0]))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_only_own_pictures_draw_to_themselves(home: Path, options: concepts.Options) -> None:
    """With β₁ 0, Adam keeps the gradient itself as its momentum."""
    method = method_of(begin(home, "drawn", options))
    batch = options.batches(DATASET).draw(3, 8)
    told = {name: tf.constant(value) for name, value in method.told(batch).items()}
    real = tf.constant(batch.pictures)
    fake = tf.constant(np.random.RandomState(0).uniform(-1, 1, real.shape).astype(np.float32))
    maps = method.features(real)
    for name in ("match/pixels", "match/maps"):
        with tf.GradientTape() as tape:
            tape.watch(fake)
            loss = method.match([real, *maps], [fake, *method.features(fake)], told)[name]
        moved = np.abs(tape.gradient(loss, fake)).max((1, 2, 3)) > 0
        np.testing.assert_array_equal(moved, batch.own == 1)
    assert 0 < batch.own.sum() < 8


def test_what_does_not_fit_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, options: concepts.Options
) -> None:
    monkeypatch.setattr(exported, "MODELS", home / "models")
    with pytest.raises(BadOptions, match="there is no SavedModel of a generator in") as refused:
        begin(home, "x", dataclasses.replace(options, start="tiny/9"))
    assert "emoji/3" in str(refused.value.hint)
    wider = dataclasses.replace(options, start="tiny/1", generator_channels=(9,))
    with pytest.raises(BadOptions, match="the generator of tiny/1 has other sizes"):
        begin(home, "x", wider)
    with pytest.raises(BadOptions, match="map_weight is -1"):
        dataclasses.replace(options, map_weight=-1.0)


@pytest.mark.usefixtures("all_maps")
def test_the_recipe_goes_on_from_the_networks_of_emoji() -> None:
    options = concepts.Options(**warm_started("concepts"), total_kimg=TOTAL_KIMG)
    before, recipe = read_recipe("emoji-projected"), read_recipe("emoji-concepts")
    names = ("dataset", "generator_channels", "last", "leave_out_styles", "no_mirror", "batch")
    for name in (*names, "discriminator_channels", "picture_channels", "feature_weight"):
        assert getattr(recipe, name) == getattr(before, name), name
    plan = describe_run(Path("none"), DATASET, dataclasses.replace(options, start="emoji/3"))
    assert [line.split()[0] for line in plan.splitlines()[-3:]] == [
        "generator", "discriminator", "heads",
    ]  # fmt: skip
