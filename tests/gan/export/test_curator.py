"""A curator knows real pictures from broken ones, and one category from another."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from gan.dataset.files import HELD_OUT, TRAIN, write_dataset
from gan.evaluation.measures.linear_probe import _root
from gan.export import curator
from gan.export.check import BadExport
from gan.export.curator import export_curator, fit, hashes_of
from gan.pixels import on_white
from gan.training.run import Run
from sources.curators.concepts import CONCEPTS, read_concepts, signed_root
from sources.curators.curator import FITTED, FOLDER, NETWORK, Features, read_fitted
from sources.curators.curator import on_white as applied_on_white
from tests.gan.evaluation.shapes import shapes
from tests.gan.pretrained import pretrained
from tests.gan.tiny import TINY


def described(pictures: np.ndarray) -> np.ndarray:
    """Return 4×4 mean colours as features."""
    n, size = pictures.shape[:2]
    step = size // 4
    means = pictures.reshape(n, 4, step, 4, step, 3).mean(axis=(2, 4)).reshape(n, -1)
    return np.asarray(means / 255)


def test_what_is_fitted_passes_real_pictures_and_refuses_noise() -> None:
    data = shapes(60)
    pictures = on_white(data.pictures)
    fitted = fit(data, (), described(pictures), described(pictures[:, :, ::-1]), 48)
    held_out, train = data.indices(HELD_OUT), data.indices(TRAIN)
    assert len(fitted.known) == pytest.approx(len(train) / 2, abs=2)
    real = fitted.realism(described(pictures[held_out])) >= fitted.limit
    assert real.mean() == pytest.approx(0.95, abs=0.03)
    noise = np.random.RandomState(0).randint(0, 256, pictures[held_out].shape).astype(np.uint8)
    assert (fitted.realism(described(noise)) >= fitted.limit).mean() < 0.05
    read = fitted.shows(described(pictures[held_out])).argmax(axis=1)
    assert (read == data.category_ids()[held_out]).mean() > 0.6  # a third by chance
    assert len(fitted.hashes) <= 2 * len(train)


def test_a_picture_and_its_mirror_image_have_hashes() -> None:
    pictures = on_white(shapes(1).pictures)
    both = {*hashes_of(pictures).tolist()}
    assert {*hashes_of(pictures[:, :, ::-1]).tolist()} == both
    assert len(both) > len(pictures)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pretrained network cut shorter, its weights from the user's own folder."""
    tensors = pretrained("lite0")
    monkeypatch.setattr(curator, "kept_weights", lambda *_: tensors)
    monkeypatch.setattr(curator, "STAGES", (1, 2))
    monkeypatch.setattr(curator, "INNER_PX", 32)


@pytest.mark.network
@pytest.mark.usefixtures("small")
def test_the_command_writes_what_pregen_reads(
    gan_command: Callable[..., Result], home: Path, tmp_path: Path
) -> None:
    data = replace(shapes(24), name="shapes", categories=shapes(1).categories)
    write_dataset(data, home / "datasets" / "shapes-16")
    options = replace(
        TINY, dataset="shapes-16", generator_channels=(8, 8), discriminator_channels=(8, 8)
    )
    Run(home / "runs" / "s", data, options, print).save()
    none = gan_command("curator", "--run", "s", "--name", "shapes")
    assert none.exit_code == 1
    assert "there is no model shapes/1" in none.output
    model = tmp_path / "models" / "shapes" / "1"
    model.mkdir(parents=True)
    (model / "model.toml").write_text("")
    done = gan_command("curator", "--run", "s", "--name", "shapes")
    assert done.exit_code == 0, done.output
    folder = model / FOLDER
    assert "of 18 held-out pictures it reads" in done.output
    card = (folder / "CURATOR.md").read_text(encoding="utf-8")
    assert "Apache-2.0" in card
    assert str((folder / NETWORK).stat().st_size) in card.replace(",", "")

    fitted, network = read_fitted(folder / FITTED), Features(folder / NETWORK, 1)
    pictures = on_white(data.pictures)
    features = network.of(pictures[:11])
    assert features.shape == (11, 24 + 40)
    # whatever it shares a call with, and transparent or on white
    np.testing.assert_allclose(network.of(data.pictures[3:5]), features[3:5], atol=1e-4)
    np.testing.assert_array_equal(network.of(pictures[4:5]), features[4:5])
    np.testing.assert_array_equal(network.of(pictures[:11]), features)  # and again as before
    assert fitted.slugs.tolist() == ["disc", "bar", "ring"]
    assert np.isfinite(fitted.shows(features)).all()

    # every shape is a concept of its own: there is nothing to take a mean of
    assert not (folder / CONCEPTS).exists()
    concepts = [
        replace(r, concept=f"{r.category}-{i // 3 % 3}") for i, r in enumerate(data.records)
    ]
    write_dataset(replace(data, records=concepts), home / "datasets" / "kinds-16")
    words = ("curator", "--name", "shapes", "--concepts", "--dataset", "kinds-16")
    fitted_before = (folder / FITTED).read_bytes()
    added = gan_command(*words)
    assert added.exit_code == 0, added.output
    assert "one of 9, and the category of" in added.output
    found = read_concepts(folder / CONCEPTS)
    assert found is not None
    assert sorted(set(found.slugs)) == ["bar", "disc", "ring"]
    assert (folder / FITTED).read_bytes() == fitted_before
    assert "means of 9 concepts" in (folder / "CURATOR.md").read_text(encoding="utf-8")
    assert gan_command("curator", "--name", "shapes", "--run", "s", *words[3:]).exit_code == 2
    assert gan_command("curator", "--name", "shapes", "--dataset", "kinds-16").exit_code == 2

    again = gan_command("curator", "--run", "s", "--name", "shapes")
    assert again.exit_code == 1
    assert "--replace" in again.output
    before = (folder / FITTED).read_bytes()
    assert gan_command("curator", "--run", "s", "--name", "shapes", "--replace").exit_code == 0
    assert read_fitted(folder / FITTED).limit == fitted.limit
    assert len((folder / FITTED).read_bytes()) == pytest.approx(len(before), rel=0.01)


def test_nothing_held_out_is_said(tmp_path: Path) -> None:
    data = shapes(4)
    records = [replace(record, split=TRAIN) for record in data.records]
    with pytest.raises(BadExport, match="nothing is held out of shapes"):
        export_curator(replace(data, records=records), (), tmp_path, tmp_path, print)
    assert not (tmp_path / FOLDER).exists()


def test_both_sides_prepare_features_alike() -> None:
    """`sources` and `gan` may not import each other, and what one fits the other applies."""
    random = np.random.RandomState(1)
    features = random.normal(0, 3, (5, 7)).astype(np.float16)
    np.testing.assert_array_equal(signed_root(features), _root(features))
    pictures = random.randint(0, 256, (3, 8, 8, 4)).astype(np.uint8)
    np.testing.assert_array_equal(applied_on_white(pictures), on_white(pictures))
