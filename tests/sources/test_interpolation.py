"""Walks: what lies between two seeds and two categories, as the notebook has it."""

from pathlib import Path

import numpy as np
import pytest

from sources.interpolation import Stop, between, check_blendable, ease, looping_walk, pictures_of
from sources.registry import find_model, open_source
from sources.runtimes.latents import Draw, NotMixable, draw, inputs_for
from sources.spec.description import Model
from tests.sources.test_saved_model import CONDITIONAL, STYLEGAN, described

HALF = (0.5, 0.5)


@pytest.fixture(scope="module")
def model(hub_module: Path) -> Model:
    return find_model(Path("models"), str(hub_module))


def two(model: Model) -> tuple[Draw, Draw]:
    return draw(model, 1, HALF), draw(model, 2, HALF)


def test_linear_is_the_notebooks(model: Model) -> None:
    a, b = two(model)
    for t in np.linspace(0, 1, 5):
        mixed = between(model, a, b, t).latents["z"]
        np.testing.assert_allclose(mixed, (1 - t) * a.latents["z"] + t * b.latents["z"], atol=1e-6)


def test_spherical_keeps_the_length(model: Model) -> None:
    a, b = two(model)
    ends = sorted(float(np.linalg.norm(d.latents["z"])) for d in (a, b))
    for t in (0.25, 0.5, 0.75):
        length = np.linalg.norm(between(model, a, b, t, "spherical").latents["z"])
        assert 0.95 * ends[0] < length < 1.05 * ends[1]
        assert np.linalg.norm(between(model, a, b, 0.5).latents["z"]) < 0.85 * ends[1]
    for t, end in ((0, a), (1, b)):
        mixed = between(model, a, b, t, "spherical").latents["z"]
        np.testing.assert_allclose(mixed, end.latents["z"], atol=1e-5)
    same = between(model, a, a, 0.3, "spherical").latents["z"]
    np.testing.assert_allclose(same, a.latents["z"], atol=1e-5)


def test_ease() -> None:
    assert ease(0) == 0 and ease(1) == pytest.approx(1) and ease(0.5) == pytest.approx(0.5)
    assert ease(0.1) < 0.1


def test_a_walk_between_categories_blends_their_labels(model: Model) -> None:
    a, b = two(model)
    walk = looping_walk(model, [Stop(4, a), Stop(9, b)], 8)
    assert len(walk) == 16
    y = inputs_for(model, 4, walk)["y"]
    np.testing.assert_allclose(y.sum(axis=1), 1, atol=1e-6)
    assert y[0, 4] == 1 and y[8, 9] == 1
    np.testing.assert_allclose(y[4, [4, 9]], 0.5, atol=1e-6)
    assert (np.delete(y, [4, 9], axis=1) == 0).all()
    assert len({d.truncation for d in walk}) == 1


def test_a_walk_closes_and_moves_evenly(model: Model) -> None:
    source = open_source(model, 1)
    stops = [Stop(7, draw(model, seed, HALF)) for seed in (10, 11, 12)]
    frames = np.stack(list(pictures_of(source, 7, looping_walk(model, stops, 8))))
    assert frames.shape == (24, 128, 128, 3)
    for number, stop in enumerate(stops):
        still = source.generate(7, [stop.draw] * 8)[0]
        assert np.abs(frames[8 * number].astype(int) - still).max() <= 1
    steps = np.abs(np.diff(np.concatenate([frames, frames[:1]]).astype(int), axis=0)).mean(
        (1, 2, 3)
    )
    assert steps.max() < 3 * steps.mean()  # no jump, not at the seam either
    assert steps.min() > 0


def test_noise_stays_and_an_index_cannot_be_blended(
    stylegan: Path, conditional: Path, tmp_path: Path
) -> None:
    faces = find_model(tmp_path, str(described(stylegan, tmp_path / "a", STYLEGAN)))
    stops = [Stop(0, draw(faces, seed, (1, 1))) for seed in (1, 2)]
    walk = looping_walk(faces, stops, 4)
    assert all((d.latents["in2"] == walk[0].latents["in2"]).all() for d in walk)
    assert not (walk[0].latents["in1"] == walk[4].latents["in1"]).all()
    with pytest.raises(NotMixable, match="has one category"):
        check_blendable(faces)
    things = find_model(tmp_path, str(described(conditional, tmp_path / "b", CONDITIONAL)))
    with pytest.raises(NotMixable, match="takes the index of one category"):
        check_blendable(things)
    mixed = looping_walk(
        things, [Stop(1, draw(things, 1, HALF)), Stop(3, draw(things, 2, HALF))], 4
    )
    with pytest.raises(NotMixable, match="index of one category"):
        inputs_for(things, 1, mixed)
