"""`flask pregen` with a TF1 Hub module and a SavedModel: the same store, index and rules."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from sqlalchemy import select

from core.settings import Settings
from pregen.planning.batches import in_sizes
from sources.registry import find_model
from sources.spec.imagenet import excluded
from store.files.morphs import MorphFolder
from store.formats.encoding import open_picture
from store.index.database import open_engine
from store.index.tables import category, image
from tests.hub_module import TRUNCATION_ROW, Y_ROWS, build_hub_module

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
Flask = Callable[..., Result]

pytestmark = pytest.mark.folder  # about sources, whose pictures it opens by their paths


@pytest.fixture(scope="module")
def hub_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_hub_module(tmp_path_factory.mktemp("hub") / "module")


def rows_of(settings: Settings) -> list[Any]:
    with open_engine(settings).connect() as connection:
        return list(
            connection.execute(
                select(category.c.slug, image).join(image, image.c.category_id == category.c.id)
            )
        )


def files_of(settings: Settings) -> dict[str, bytes]:
    folder = settings.images_folder
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.png")}


def test_a_module_fills_the_store(
    flask_command: Flask, settings: Settings, hub_module: Path
) -> None:
    words = ("pregen", "--model", str(hub_module), "--categories", "great_white_shark,crane_2")
    result = flask_command(*words, "--samples", "30", "--format", "png")
    assert result.exit_code == 0, result.output
    assert "made 60 pictures with biggan-128/2" in result.output
    rows = rows_of(settings)
    assert Counter(row.slug for row in rows) == {"great_white_shark": 30, "crane_2": 30}
    assert {row.model for row in rows} == {"biggan-128/2"}
    truncations = {row.truncation for row in rows}
    assert min(truncations) >= 0.4 and max(truncations) <= 0.7 and len(truncations) > 8
    labels = {"great_white_shark": 2, "crane_2": 517}
    for row in rows:
        with open_picture(settings.images_folder / row.slug / row.file) as picture:
            pixels = np.asarray(picture)
        assert pixels[Y_ROWS, :, 0].ravel()[:1000].argmax() == labels[row.slug]
        assert abs(pixels[TRUNCATION_ROW, 0, 0] - row.truncation * 256) <= 1
    assert len({row.sha256 for row in rows}) == 60


def test_a_resumed_run_makes_the_same_bytes(
    flask_command: Flask, settings: Settings, hub_module: Path
) -> None:
    """Whatever an earlier run left, and however often: batches are composed the same way."""
    words = ("pregen", "--model", str(hub_module), "--categories", "goldfish", "--format", "png")
    assert flask_command(*words, "--samples", "40").exit_code == 0
    whole = files_of(settings)
    assert len(whole) == 40
    for path in list(settings.images_folder.rglob("*.png"))[::3]:
        path.unlink()
    assert flask_command(*words, "--samples", "40").exit_code == 0
    assert files_of(settings) == whole
    assert flask_command(*words, "--samples", "70").exit_code == 0
    longer = files_of(settings)
    assert len(longer) == 70 and longer.items() >= whole.items()
    result = flask_command("pregen", "--model", str(hub_module), "--categories", "goldfish",
                           "--format", "png", "--samples", "70")  # fmt: skip
    assert "nothing to do: 70 pictures are there" in result.output


def test_verify_makes_them_again_from_the_cache(
    settings: Settings, hub_module: Path, tmp_path: Path
) -> None:
    """A row says biggan-128/2; where the module lies in a cache it can be compared."""
    import dataclasses
    import shutil

    from app import create_app
    from sources.biggan.handles import HANDLES

    cache = tmp_path / "tfhub"
    shutil.copytree(hub_module, cache / HANDLES["biggan-128"].cache_key)
    application = create_app(dataclasses.replace(settings, tfhub_cache_dir=str(cache)))
    run = application.test_cli_runner().invoke
    made = run(
        args=["pregen", "--model", "biggan-128", "--categories", "goldfish", "--samples", "20"]
    )
    assert made.exit_code == 0, made.output
    result = run(args=["verify", "--rebuild", "20"])
    assert result.exit_code == 0, result.output
    assert "20 pictures generated anew" in result.output


def test_curated_categories(flask_command: Flask, settings: Settings, hub_module: Path) -> None:
    words = ("pregen", "--model", str(hub_module), "--samples", "1")
    assert flask_command(*words, "--categories", "40").exit_code == 0
    drawn = {row.slug for row in rows_of(settings)}
    assert len(drawn) == 40 and not drawn & set(excluded())
    assert flask_command(*words, "--categories", "bikini").exit_code == 0
    kept = len(excluded())
    result = flask_command(*words, "--categories", "1000")
    assert f"biggan-128 has {1000 - kept} categories" in result.output
    assert "1000 with --all-categories" in result.output
    result = flask_command(*words, "--categories", "30", "--all-categories", "--seed", "5")
    assert result.exit_code == 0, result.output
    assert {row.slug for row in rows_of(settings)} & set(excluded()) - {"bikini"}


def test_walks_of_a_module(flask_command: Flask, settings: Settings, hub_module: Path) -> None:
    words = ("morphs", "--model", str(hub_module), "--categories", "goldfish,hen", "--between", "1")
    result = flask_command(*words, "--stops", "2", "--frames", "4")
    assert result.exit_code == 0, result.output
    assert "made 3 walks with biggan-128/2" in result.output
    found = MorphFolder(settings.instance_folder).all()
    assert [(m.categories, m.width, m.frames) for m in found] == [
        (("goldfish",), 128, 8),
        (("hen",), 128, 8),
        (("goldfish", "hen"), 128, 8),
    ]
    assert {m.truncation for m in found} == {0.55}


def test_broken_modules_store_nothing(
    flask_command: Flask, settings: Settings, tmp_path: Path
) -> None:
    folder = build_hub_module(tmp_path / "module", broken="nan")
    result = flask_command("pregen", "--model", str(folder), "--categories", "hen")
    assert result.exit_code == 1
    assert "Error: the model gave values that are not finite" in result.output
    assert not list(settings.images_folder.rglob("*.webp"))


@pytest.mark.parametrize(
    "words, message",
    [
        (["--truncation", "0.01:0.5"], "biggan-128 takes 0.02 to 1.0, for example"),
        (["--truncation", "1.2"], "out of range"),
        (["--seed", "first"], "'first' is not a valid integer"),
        (["--categories", "great_wite_shark"], "did you mean great_white_shark?"),
    ],
)
def test_bad_input(
    flask_command: Flask, settings: Settings, hub_module: Path, words: list[str], message: str
) -> None:
    given = ["--categories", "hen", "--model", str(hub_module), *words]
    result = flask_command("pregen", *given)
    assert result.exit_code != 0 and message in result.output
    assert not settings.images_folder.exists()


def test_a_handle_that_is_not_here_and_no_network(
    flask_command: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    result = flask_command("pregen", "--model", "biggan-deep-256", "--categories", "1")
    assert result.exit_code == 1
    assert "licence Apache-2.0" in result.output and "MB, from" in result.output
    errors = [line for line in result.output.splitlines() if line.startswith("Error")]
    assert len(errors) == 1 and "flask models fetch biggan-deep-256 --from FILE" in errors[0]
    assert not settings.images_folder.exists()


def test_the_saved_model_of_a_shipped_one(
    flask_command: Flask, settings: Settings, models: Path
) -> None:
    """`:savedmodel` is another digest, made beside, whose pictures differ by a grey level."""
    toml = models / "tiny" / "1" / "model.toml"
    before = toml.read_text()
    toml.write_text(before + '\n[saved_model]\nsignature = "serve_8"\n')
    try:
        for name in ("tiny", "tiny:savedmodel"):
            result = flask_command(
                "pregen", "--model", name, "--categories", "hat", "--samples", "9",
                "--format", "png",
            )  # fmt: skip
            assert result.exit_code == 0, result.output
        rows = rows_of(settings)
        by_seed: dict[int, list[np.ndarray]] = {}
        for row in rows:
            with open_picture(settings.images_folder / row.slug / row.file) as picture:
                by_seed.setdefault(row.seed, []).append(np.asarray(picture).astype(int))
        assert {row.model for row in rows} == {"tiny/1", "tiny/1:savedmodel"}
        assert len(by_seed) == 9 and all(len(pair) == 2 for pair in by_seed.values())
        assert max(np.abs(a - b).max() for a, b in by_seed.values()) <= 1
        assert find_model(models, "tiny:savedmodel").runtime == "savedmodel"
        assert flask_command("verify", "--rebuild", "18").exit_code == 0
    finally:
        toml.write_text(before)


def test_in_sizes() -> None:
    cut = [list(part) for part in in_sizes(range(21), 8)]
    assert [len(part) for part in cut] == [8, 8, 4, 1]
    assert [n for part in cut for n in part] == list(range(21))
    assert [len(part) for part in in_sizes(range(7), 6)] == [6, 1]
    assert list(in_sizes([], 8)) == []
