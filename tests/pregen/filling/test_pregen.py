"""`flask pregen` on a real model, store and index: what is asked for is there, once, and whole."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image
from sqlalchemy import select

from core.settings import Settings
from sources.runtimes.latents import draw
from sources.runtimes.litert import LiteRTSource
from sources.spec.description import read_model
from store.files.opening import open_pictures
from store.files.protocol import MADE_FILE, digest
from store.formats.metadata import SOURCE_TYPE, read_provenance
from store.index.database import open_engine
from store.index.states import LIVE
from store.index.tables import category, image
from tests.scaled import empty_again

Flask = Callable[..., Result]


def rows_of(settings: Settings) -> list[Any]:
    with open_engine(settings).connect() as connection:
        return list(
            connection.execute(select(image, category.c.slug).join(category).order_by(image.c.id))
        )


def files_of(settings: Settings) -> dict[str, bytes]:
    store = open_pictures(settings)
    found = {f"{f.category}/{f.file}": store.read(f.category, f.file) for f in store.walk()}
    return {name: data for name, data in found.items() if data is not None}


def opened(settings: Settings, slug: str, file: str) -> Image.Image:
    return Image.open(io.BytesIO(files_of(settings)[f"{slug}/{file}"]))


def test_fills_the_store_and_the_index(flask_command: Flask, settings: Settings) -> None:
    result = flask_command("pregen", "--model", "tiny", "--categories", "4", "--samples", "11")
    assert result.exit_code == 0, result.output
    assert "made 44 pictures with tiny/1" in result.output
    rows, files = rows_of(settings), files_of(settings)
    assert len(rows) == len(files) == 44
    assert len({row.slug for row in rows}) == 4
    assert len({row.seed for row in rows}) == 44
    assert len({row.sha256 for row in rows}) == 44
    for row in rows:
        data = files[f"{row.slug}/{row.file}"]
        assert digest(data) == row.sha256
        assert len(data) == row.bytes
        match = MADE_FILE.fullmatch(row.file)
        assert match is not None
        assert int(match["seed"]) == row.seed
        assert match["hash"] == row.sha256[:12]
        assert (row.width, row.height, row.format, row.model) == (16, 16, "webp", "tiny/1")
        assert 0.4 <= row.truncation <= 0.7
        assert row.state == LIVE
        assert len(row.phash) == 16


def test_file_says_that_it_was_generated_and_how(flask_command: Flask, settings: Settings) -> None:
    for name in ("webp", "jpeg", "png", "avif"):
        flask_command(
            "pregen", "--model", "tiny", "--categories", "hat", "--samples", "1",
            "--seed", str(len(name) + ord(name[0])), "--format", name,
        )  # fmt: skip
    formats = set()
    for row in rows_of(settings):
        with opened(settings, row.slug, row.file) as picture:
            formats.add(picture.format)
            provenance = read_provenance(picture)
            packet = picture.info.get("xmp") or picture.info["XML:com.adobe.xmp"].encode()
        assert SOURCE_TYPE.encode() in packet
        assert provenance is not None
        assert provenance.seed == row.seed
        assert provenance.truncation == row.truncation
        assert provenance.model_digest == row.model_digest
        assert provenance.phash == row.phash
    assert formats == {"WEBP"}  # the same pictures in another format alone are nothing new
    assert len(rows_of(settings)) == 1


@pytest.mark.parametrize("name, shown", [("jpeg", "JPEG"), ("png", "PNG"), ("avif", "AVIF")])
def test_other_formats(flask_command: Flask, settings: Settings, name: str, shown: str) -> None:
    result = flask_command(
        "pregen", "--model", "tiny", "--categories", "hat", "--samples", "3", "--format", name
    )
    assert result.exit_code == 0, result.output
    rows = rows_of(settings)
    for row in rows:
        with opened(settings, row.slug, row.file) as picture:
            assert picture.format == shown
            assert picture.size == (16, 16)
            found = read_provenance(picture)
            assert found is not None and found.seed == row.seed
    assert [row.format for row in rows] == [name] * 3


def test_again_there_is_nothing_to_do(flask_command: Flask, settings: Settings) -> None:
    words = ("pregen", "--model", "tiny", "--categories", "2", "--samples", "9")
    flask_command(*words)
    before = files_of(settings)
    result = flask_command(*words)
    assert result.exit_code == 0
    assert "nothing to do: 18 pictures are there" in result.output
    assert files_of(settings) == before


def test_more_samples_and_categories_only_add(flask_command: Flask, settings: Settings) -> None:
    flask_command("pregen", "--model", "tiny", "--categories", "2", "--samples", "9")
    before = files_of(settings)
    result = flask_command("pregen", "--model", "tiny", "--categories", "3", "--samples", "13")
    assert "made 21 pictures with tiny/1, 18 were there" in result.output
    after = files_of(settings)
    assert before.items() <= after.items()
    assert len(after) == 39


def test_bytes_depend_on_the_key_alone(flask_command: Flask, settings: Settings) -> None:
    """One run of 20, or 3 and then 17, or the categories in another order: the same files."""
    flask_command("pregen", "--model", "tiny", "--categories", "hat", "--samples", "3")
    flask_command("pregen", "--model", "tiny", "--categories", "bird,hat", "--samples", "20")
    first = files_of(settings)
    store = open_pictures(settings)
    for found in list(store.walk()):
        store.remove(found.category, found.file)
    empty_again(settings)
    flask_command("pregen", "--model", "tiny", "--categories", "hat,bird", "--samples", "20")
    assert files_of(settings) == first


def test_a_picture_does_not_depend_on_its_batch(models: Path) -> None:
    model = read_model(models / "tiny" / "1")
    source = LiteRTSource(model, threads=2)
    draws = [draw(model, seed, (0.4, 0.7)) for seed in range(8)]
    together = source.generate(1, draws)
    for place, one in enumerate(draws):
        others = [draw(model, 100 + place, (0.9, 1.0))] * 7
        assert (source.generate(1, [*others, one])[7] == together[place]).all()


def test_deleted_files_are_made_again(flask_command: Flask, settings: Settings) -> None:
    words = ("pregen", "--model", "tiny", "--categories", "2", "--samples", "9")
    flask_command(*words)
    before = files_of(settings)
    store = open_pictures(settings)
    for found in list(store.walk())[3:8]:
        store.remove(found.category, found.file)
    result = flask_command(*words)
    assert "made 5 pictures" in result.output
    assert files_of(settings) == before
    assert len(rows_of(settings)) == 18
    assert flask_command("verify").exit_code == 0


@pytest.mark.folder  # an object is never half there
def test_half_written_files_are_cleared(flask_command: Flask, settings: Settings) -> None:
    words = ("pregen", "--model", "tiny", "--categories", "hat", "--samples", "2")
    flask_command(*words)
    left = settings.images_folder / "hat" / ".tmp-abc"
    left.write_bytes(b"RIFF")
    assert "nothing to do" in flask_command(*words).output
    assert not left.exists()
    assert len(rows_of(settings)) == 2


def test_dry_run_writes_nothing(flask_command: Flask, settings: Settings, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = flask_command("pregen", "--model", "tiny", "--categories", "3", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "would make 180 pictures in 3 categories with tiny/1; 0 are there" in result.output
    assert "MB in" in result.output
    assert sorted(tmp_path.rglob("*")) == before
    flask_command("pregen", "--model", "tiny", "--categories", "3", "--samples", "5")
    result = flask_command("pregen", "--model", "tiny", "--categories", "3", "--dry-run")
    assert "would make 165 pictures in 3 categories with tiny/1; 15 are there" in result.output
    assert len(rows_of(settings)) == 15


def test_replace_rejects_other_versions(
    flask_command: Flask, settings: Settings, models: Path
) -> None:
    from tests.tiny_model import build_tiny_model

    flask_command("pregen", "--model", "tiny/1", "--categories", "hat,bird", "--samples", "4")
    if not (models / "tiny" / "2").exists():
        build_tiny_model(models, version=2, weights=5)
    try:
        words = (
            "pregen",
            "--model",
            "tiny/2",
            "--categories",
            "hat",
            "--samples",
            "4",
            "--replace",
        )
        told = flask_command(*words, "--dry-run").output
        assert "would reject 4 pictures of other versions" in told
        assert {r.state for r in rows_of(settings)} == {LIVE}
        result = flask_command(*words)
        assert "made 4 pictures with tiny/2" in result.output
        assert "rejected 4 pictures of other versions" in result.output
        live = {(r.slug, r.model) for r in rows_of(settings) if r.state == LIVE}
        assert live == {("hat", "tiny/2"), ("bird", "tiny/1")}
        rejected = open_pictures(settings).beside("rejected", settings.instance_folder)
        assert len(rejected.files_of("hat")) == 4
        assert flask_command("verify").exit_code == 0
    finally:
        import shutil

        shutil.rmtree(models / "tiny" / "2")


BAD = [
    (["--categories", "0"], "has 5 categories; choose 1 to 5"),
    (["--categories", "6"], "has 5 categories; choose 1 to 5"),
    (["--categories", "-3"], "choose 1 to 5"),
    (["--categories", "mamal"], "there is no category of tiny 'mamal'; did you mean mammal?"),
    (["--categories", ","], "--categories is empty"),
    (["--samples", "0"], "--samples 0 is not between 1 and"),
    (["--samples", "many"], "'many' is not a valid integer"),
    (["--seed", "-1"], "--seed -1 is not between 0 and"),
    (["--truncation", "0.7:0.4"], "upside down; write 0.4:0.7"),
    (["--truncation", "0.5:1.5"], "out of range; model tiny takes 0.02 to 1.0"),
    (["--truncation", "nan"], "no range of numbers"),
    (["--truncation", "wild"], "no range of numbers"),
    (["--format", "gif"], "there is no format 'gif'; choose from webp, jpeg, png, avif"),
    (["--model", "tinny"], "there is no model 'tinny'; did you mean tiny?"),
    (["--model", "tiny/9"], "model tiny has no version '9'; there are: 1"),
]


@pytest.mark.parametrize("words, message", BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_one_line(
    flask_command: Flask, settings: Settings, words: list[str], message: str
) -> None:
    model = [] if "--model" in words else ["--model", "tiny"]
    categories = [] if "--categories" in words else ["--categories", "2"]
    result = flask_command("pregen", *model, *categories, *words)
    assert result.exit_code != 0
    assert message in result.output
    errors = [line for line in result.output.splitlines() if line.startswith("Error")]
    assert len(errors) == 1
    assert "Traceback" not in result.output
    assert not settings.images_folder.exists()


@pytest.mark.folder  # buckets: test_bucket.py
def test_store_that_cannot_be_written(flask_command: Flask, settings: Settings) -> None:
    settings.images_folder.parent.mkdir(exist_ok=True)
    settings.images_folder.write_text("a file where the folder should be")
    result = flask_command("pregen", "--model", "tiny", "--categories", "1")
    assert result.exit_code == 1
    assert "cannot be written" in result.output
    assert "NONESUCH_IMAGES_FOLDER" in result.output
