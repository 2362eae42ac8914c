"""`flask pregen --oversample`: the better candidates are kept, the same ones every time."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from sqlalchemy import select

import pregen.engines.local
from core.errors import SystemRefused
from core.settings import Settings
from pregen.engines.chooser import CandidateTally, Chooser, near
from pregen.engines.making import Made, make
from sources.curators.curator import (
    FITTED,
    FOLDER,
    NETWORK,
    Curator,
    Features,
    Fitted,
    read_curator,
    read_fitted,
)
from sources.runtimes.latents import Draw, draw
from sources.runtimes.litert import LiteRTSource
from sources.spec.description import read_model
from store.curation.reject import reject_images
from store.files.opening import open_pictures
from store.index.database import open_engine
from store.index.states import LIVE
from store.index.tables import category, image, target
from tests.scaled import empty_again
from tests.tiny_curator import build_tiny_curator
from tests.tiny_model import build_tiny_model

Flask = Callable[..., Result]
PREGEN = ("pregen", "--model", "tiny", "--categories", "hat,bird")
OVERSAMPLED = (*PREGEN, "--oversample", "4")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a curator; in the place of the session's."""
    folder = tmp_path_factory.mktemp("models")
    build_tiny_curator(build_tiny_model(folder))
    return folder


def rows_of(settings: Settings) -> list[Any]:
    with open_engine(settings).connect() as connection:
        return list(
            connection.execute(select(image, category.c.slug).join(category).order_by(image.c.id))
        )


def seeds_of(settings: Settings, slug: str) -> list[int]:
    return sorted(r.seed for r in rows_of(settings) if r.slug == slug and r.state == LIVE)


def drawn(models: Path, slug: str, seeds: range) -> tuple[np.ndarray, Fitted, np.ndarray]:
    """Return what the model draws for seeds, and its shares of being of the category."""
    model = read_model(models / "tiny" / "1")
    label = {c.slug: c.label for c in model.categories}[slug]
    source = LiteRTSource(model, 1)
    pictures = np.concatenate(
        [source.generate(label, [draw(model, seed, (0.4, 0.7))]) for seed in seeds]
    )
    curator = read_curator(model)
    judged = curator.judge(pictures, slug)
    return pictures, curator.fitted, np.where(judged.real, judged.shows, -np.inf)


def test_the_best_of_four_are_kept(flask_command: Flask, settings: Settings, models: Path) -> None:
    done = flask_command(*OVERSAMPLED, "--samples", "8")
    assert done.exit_code == 0, done.output
    assert "made 16 pictures" in done.output
    for slug in ("hat", "bird"):
        kept = seeds_of(settings, slug)
        assert len(kept) == 8
        first = kept[0] // 1_000_000 * 1_000_000
        _, _, shows = drawn(models, slug, range(first, first + 32))
        # the best eight that are no near-duplicates: none of these is
        assert kept == sorted(first + np.argsort(-shows)[:8])
        line = next(line for line in done.output.splitlines() if line.startswith(f"{slug} "))
        unreal = int(np.isinf(shows).sum())
        assert line.split()[1:] == ["32", str(unreal), "0", "0", "8", f"{1 - unreal / 32:.0%}"]
    assert done.output.splitlines()[-2].split()[:2] == ["all", "64"]


def test_of_a_weak_generator_the_more_realistic_half_is_realistic_enough(models: Path) -> None:
    pictures, fitted, _ = drawn(models, "hat", range(31))
    features = Features(models / "tiny" / "1" / FOLDER / NETWORK, 1)
    realism = fitted.realism(features.of(pictures))
    assert len(set(realism)) == 31
    for limit, expected in ((np.inf, 16), (np.sort(realism)[4], 27), (-np.inf, 31)):
        curator = Curator(features, replace(fitted, limit=np.float32(limit)))
        real = curator.judge(pictures, "hat").real
        assert real.sum() == expected
        assert real.all() or realism[real].min() > realism[~real].max()
    out_of_reach = Curator(features, replace(fitted, limit=np.float32(np.inf)))
    assert out_of_reach.judge(pictures[:1], "hat").real.all()


def test_again_nothing_and_more_only_add(flask_command: Flask, settings: Settings) -> None:
    flask_command(*OVERSAMPLED, "--samples", "8")
    first = {row.file for row in rows_of(settings)}
    again = flask_command(*OVERSAMPLED, "--samples", "8")
    assert "nothing to do: 16 pictures are there" in again.output
    assert flask_command(*OVERSAMPLED, "--samples", "16").exit_code == 0
    grown = {row.file for row in rows_of(settings)}
    assert len(grown) == 32
    assert first < grown
    empty_again(settings)
    assert flask_command(*OVERSAMPLED, "--samples", "16").exit_code == 0
    assert {row.file for row in rows_of(settings)} == grown


def test_deleted_files_come_back_and_not_others(flask_command: Flask, settings: Settings) -> None:
    flask_command(*OVERSAMPLED, "--samples", "8")
    before = {row.file for row in rows_of(settings)}
    store = open_pictures(settings)
    for row in rows_of(settings)[2:5]:
        store.remove(row.slug, row.file)
    done = flask_command(*OVERSAMPLED, "--samples", "8")
    assert "made 3 pictures" in done.output
    assert {row.file for row in rows_of(settings)} == before
    assert flask_command("verify").exit_code == 0


def test_after_a_failure_nothing_is_kept_that_was_chosen_without_what_failed(
    flask_command: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("pregen", "--model", "tiny", "--categories", "hat", "--samples", "32")
    assert flask_command(*words, "--oversample", "4").exit_code == 0
    whole = {row.file for row in rows_of(settings)}
    first = min(row.seed for row in rows_of(settings)) // 1_000_000 * 1_000_000
    empty_again(settings)

    later = threading.Event()

    def failing(picture: np.ndarray, drawn: Draw, *rest: Any) -> Made:
        if 32 <= drawn.seed - first < 64:
            later.wait(10)  # until something has been chosen after this
            raise SystemRefused("no room for this one")
        if drawn.seed - first >= 64:
            later.set()
        return make(picture, drawn, *rest)

    monkeypatch.setattr(pregen.engines.local, "make", failing)
    failed = flask_command(*words, "--oversample", "4")
    assert failed.exit_code == 1 and "no room for this one" in failed.output
    assert {row.seed - first < 32 for row in rows_of(settings)} == {True}
    monkeypatch.undo()
    assert flask_command(*words, "--oversample", "4").exit_code == 0
    assert {row.file for row in rows_of(settings)} == whole


def test_what_is_rejected_is_made_up_for_by_as_good_ones(
    flask_command: Flask, settings: Settings, models: Path
) -> None:
    flask_command(*OVERSAMPLED, "--samples", "8")
    ids = [row.id for row in rows_of(settings) if row.slug == "hat"][:3]
    engine = open_engine(settings, write=True)
    reject_images(engine, open_pictures(settings), settings.instance_folder, ids)
    with engine.connect() as connection:
        assert set(connection.execute(select(target.c.oversample)).scalars()) == {4}
    done = flask_command("top-up")
    assert done.exit_code == 0, done.output
    assert "made 3 pictures" in done.output
    new = seeds_of(settings, "hat")[-3:]
    first = new[0] // 1_000_000 * 1_000_000
    _, _, shows = drawn(models, "hat", range(first + 32, first + 64))
    assert new == sorted(first + 32 + np.argsort(-shows)[:3])


def test_pictures_that_are_all_alike_are_kept_once(
    flask_command: Flask, settings: Settings
) -> None:
    """At next to no truncation a model draws one picture a style, over and over."""
    done = flask_command(
        "pregen", "--model", "tiny", "--categories", "hat", "--samples", "20",
        "--oversample", "4", "--truncation", "0.02",
    )  # fmt: skip
    assert done.exit_code == 1
    kept = len(rows_of(settings))
    assert kept < 20
    assert f"{20 - kept} are still missing" in done.output
    total = done.output[done.output.index("\nall ") :].split()
    assert int(total[1]) >= 8 * 32
    assert int(total[5]) == kept
    again = flask_command("top-up")
    assert again.exit_code == 1
    assert f"{20 - len(rows_of(settings))} are still missing: too few candidates" in again.output


@pytest.fixture
def own_models(models: Path, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "own-models"
    shutil.copytree(models, folder)
    yield folder


@pytest.fixture
def own_command(own_models: Path, settings: Settings) -> Flask:
    from app import create_app

    application = create_app(replace(settings, models_folder=own_models))
    return lambda *words: application.test_cli_runner().invoke(args=list(words))


def test_copies_of_training_pictures_are_refused(
    own_models: Path, own_command: Flask, settings: Settings
) -> None:
    model = own_models / "tiny" / "1"
    shutil.rmtree(model / FOLDER)
    position = [c.slug for c in read_model(model).categories].index("hat") * 1_000_000
    # trained on the very pictures that are candidates
    build_tiny_curator(model, range(position, position + 32))
    words = ("pregen", "--model", "tiny", "--categories", "hat", "--samples", "8")
    done = own_command(*words, "--oversample", "4", "--truncation", "0.4:0.7")
    line = next(line for line in done.output.splitlines() if line.startswith("hat "))
    assert int(line.split()[3]) >= 20, line
    first = {row.seed for row in rows_of(settings)}
    assert not any(position <= seed < position + 32 and seed % 4 for seed in first)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: shutil.rmtree(f), "model tiny/1 has no curator"),
        (lambda f: (f / FITTED).write_bytes(b"x" * 100), "curator.npz cannot be read"),
        (lambda f: (f / NETWORK).write_bytes(b"x" * 100), "is no network of a curator"),
    ],
)
def test_a_missing_or_broken_curator_is_one_line(
    own_models: Path, own_command: Flask, harm: Callable[[Path], object], said: str
) -> None:
    harm(own_models / "tiny" / "1" / FOLDER)
    done = own_command(*OVERSAMPLED)
    assert done.exit_code == 1
    assert said in done.output
    assert "flask gan curator" in done.output
    assert len(done.output.splitlines()) <= 2
    assert own_command(*PREGEN, "--samples", "2").exit_code == 0  # nobody asks it then


def test_a_curator_of_another_model_is_refused(own_models: Path, own_command: Flask) -> None:
    path = own_models / "tiny" / "1" / FOLDER / FITTED
    with np.load(path) as kept:
        values = dict(kept)
    np.savez_compressed(path, **{**values, "slugs": np.array(["cat", *values["slugs"][1:]])})
    assert "does not know category mammal" in own_command(*OVERSAMPLED).output
    np.savez_compressed(path, **{**values, "size_px": np.array(32)})
    assert "does not know pictures of 16 px" in own_command(*OVERSAMPLED).output


def test_candidates_are_chosen_on_one_machine(flask_command: Flask) -> None:
    done = flask_command(*OVERSAMPLED, "--engine", "ray")
    assert done.exit_code == 2
    assert "--oversample chooses on this machine" in done.output
    assert flask_command(*PREGEN, "--oversample", "0").exit_code == 2


def test_realism_is_the_largest_radius_over_distance(models: Path) -> None:
    fitted = read_fitted(models / "tiny" / "1" / FOLDER / FITTED)
    features = np.random.RandomState(0).random_sample((5, 48)).astype(np.float32)
    placed = fitted.place(features).astype(np.float64)
    for i, score in enumerate(fitted.realism(features)):
        far = np.linalg.norm(fitted.known.astype(np.float64) - placed[i], axis=1)
        assert score == pytest.approx((fitted.radii / far).max(), rel=1e-3)
    np.testing.assert_allclose(np.exp(fitted.shows(features)).sum(axis=1), 1, rtol=1e-5)


def test_near_is_within_four_bits() -> None:
    hashes = np.array([0, 0xFFFF_FFFF_FFFF_FFFF], np.uint64)
    assert near(hashes, 0b1111)
    assert not near(hashes, 0b11111)
    assert near(hashes, 0xFFFF_FFFF_FFFF_0FFF)
    assert not near(np.array([], np.uint64), 0)


def test_the_worst_category_comes_first_in_the_report() -> None:
    chooser = Chooser(None, lambda _: [])  # type: ignore[arg-type]
    chooser.tallies = {"a": CandidateTally(32, 4, 0, 0, 8), "b": CandidateTally(32, 20, 2, 2, 8)}
    assert [line.split()[0] for line in chooser.report()] == ["category", "b", "a", "all"]
    assert chooser.report()[-1].split()[1:] == ["64", "24", "2", "2", "16", "56%"]
