"""What an owner does by hand and by command: both of two pictures survive, in folder and bucket."""

import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image
from sqlalchemy import select

from app import create_app
from core.settings import Settings, read_settings
from store.files.opening import open_pictures
from store.files.protocol import PictureStore, StoreUnusable, digest
from store.index.database import open_engine
from store.index.states import LIVE, MISSING, OFF, REJECTED
from store.index.tables import category, image
from tests.scaled import drop, empty_again, scaled

Flask = Callable[..., Result]
PREGEN = ("pregen", "--model", "tiny", "--categories", "hat,bird", "--samples", "6")


@pytest.fixture(params=["folder", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, models: Path) -> Iterator[Settings]:
    settings = scaled(
        read_settings(
            {
                "NONESUCH_HOME": str(tmp_path / "home"),
                "NONESUCH_IMAGES_FOLDER": str(tmp_path / "images"),
                "NONESUCH_INSTANCE_FOLDER": str(tmp_path / "instance"),
                "NONESUCH_MODELS_FOLDER": str(models),
                "NONESUCH_STORE_WAIT_S": "1",
                "SECRET_KEY": "test",
            }
        ),
        store=request.param,
    )
    yield settings
    drop(settings)


@pytest.fixture
def pictures(settings: Settings) -> PictureStore:
    return open_pictures(settings)


@pytest.fixture
def flask(settings: Settings) -> Flask:
    """Run a command over the test's store; it must end well, unless ``fails`` says otherwise."""

    def run(*words: str, fails: bool = False) -> Result:
        result = create_app(settings).test_cli_runner().invoke(args=list(words))
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            words, result.exception)  # fmt: skip
        assert (result.exit_code != 0) == fails, result.output
        return result

    return run


def drawn(seed: int) -> bytes:
    """Return a picture that nobody generated, as PNG."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (24, 16))
    picture.putdata([tuple(chance.randbytes(3)) for _ in range(24 * 16)])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def put(pictures: PictureStore, slug: str, file: str, data: bytes) -> None:
    pictures.prepare([slug], 0)
    pictures.put_all(slug, {file: data})


def contents(pictures: PictureStore, slug: str) -> dict[str, bytes]:
    """Return name → bytes of what lies in a category."""
    return {file: data for file, data in pictures.read_all(slug, pictures.files_of(slug)) if data}


def states(settings: Settings) -> dict[str, tuple[str, str]]:
    """Return label → state and SHA-256 of every row."""
    with open_engine(settings).connect() as connection:
        statement = select(category.c.slug, image.c.file, image.c.state, image.c.sha256)
        rows = connection.execute(statement.join_from(image, category))
        return {f"{slug}/{file}": (state, sha256) for slug, file, state, sha256 in rows}


def beside(settings: Settings, name: str) -> PictureStore:
    return open_pictures(settings).beside(name, settings.instance_folder)


def test_a_rejected_picture_and_another_of_its_name(
    flask: Flask, pictures: PictureStore, settings: Settings
) -> None:
    first, second = drawn(1), drawn(2)
    put(pictures, "pizza", "mine.png", first)
    flask("index")
    flask("curate", "reject", "pizza/mine.png")
    put(pictures, "pizza", "mine.png", second)
    assert "1 new" in flask("index").output
    assert contents(pictures, "pizza") == {"mine.png": second}
    assert [state for state, _ in states(settings).values()].count(LIVE) == 1
    assert "restored 1 of 1" in flask("curate", "restore", digest(first)[:12]).output
    assert set(contents(pictures, "pizza").values()) == {first, second}
    assert contents(pictures, "pizza")["mine.png"] == second
    assert {state for state, _ in states(settings).values()} == {LIVE}
    assert contents(beside(settings, "rejected"), "pizza") == {}
    flask("verify")


def test_restored_before_the_index_knows_of_another_of_its_name(
    flask: Flask, pictures: PictureStore, settings: Settings
) -> None:
    first, second = drawn(1), drawn(2)
    put(pictures, "pizza", "mine.png", first)
    flask("index")
    flask("curate", "reject", "pizza/mine.png")
    put(pictures, "pizza", "mine.png", second)
    assert "restored 1 of 1" in flask("curate", "restore", "pizza/mine.png").output
    assert set(contents(pictures, "pizza").values()) == {first, second}
    flask("index")
    flask("verify")
    assert {sha for state, sha in states(settings).values() if state == LIVE} == {
        digest(first), digest(second),
    }  # fmt: skip


def test_a_category_that_is_off_and_another_picture_of_a_name(
    flask: Flask, pictures: PictureStore, settings: Settings
) -> None:
    first, second = drawn(1), drawn(2)
    put(pictures, "pizza", "mine.png", first)
    flask("index")
    flask("curate", "category", "off", "pizza")
    put(pictures, "pizza", "mine.png", second)
    flask("index")
    assert contents(pictures, "pizza") == {}
    assert set(contents(beside(settings, "off"), "pizza").values()) == {first, second}
    assert {state for state, _ in states(settings).values()} == {OFF}
    flask("verify")
    assert "2 pictures are back" in flask("curate", "category", "on", "pizza").output
    assert set(contents(pictures, "pizza").values()) == {first, second}
    flask("verify")


def test_rejected_again_under_a_name_that_the_rejected_have(
    flask: Flask, pictures: PictureStore, settings: Settings
) -> None:
    """Three pictures, one after the other, all called mine.png."""
    each = [drawn(seed) for seed in range(3)]
    for data in each:
        put(pictures, "pizza", "mine.png", data)
        flask("index")
        flask("curate", "reject", "pizza/mine.png")
    assert set(contents(beside(settings, "rejected"), "pizza").values()) == set(each)
    assert contents(pictures, "pizza") == {}
    for _ in each:
        flask("curate", "undo")
    assert set(contents(pictures, "pizza").values()) == set(each)
    flask("verify")


def test_a_tombstone_is_the_content_not_the_name(
    flask: Flask, pictures: PictureStore, settings: Settings
) -> None:
    data = drawn(1)
    put(pictures, "pizza", "mine.png", data)
    flask("index")
    flask("curate", "reject", "pizza/mine.png")
    put(pictures, "pizza", "another.png", data)
    put(pictures, "pasta", "mine.png", data)
    assert "2 rejected before" in flask("index").output
    assert LIVE not in {state for state, _ in states(settings).values()}
    assert contents(pictures, "pizza") == contents(pictures, "pasta") == {}
    flask("verify")
    empty_again(settings)
    put(pictures, "pizza", "again.png", data)
    flask("index")
    assert LIVE not in {state for state, _ in states(settings).values()}


def test_a_tombstone_of_a_generated_picture_holds_at_any_truncation(
    flask: Flask, pictures: PictureStore, settings: Settings, tmp_path: Path
) -> None:
    flask(*PREGEN, "--truncation", "0.4")
    file = pictures.files_of("hat")[0]
    flask("curate", "reject", f"hat/{file}")
    seed = file.partition("-")[0]
    # the same seed of the same model, made elsewhere at another truncation
    elsewhere = read_settings(
        {
            "NONESUCH_IMAGES_FOLDER": str(tmp_path / "elsewhere"),
            "NONESUCH_INSTANCE_FOLDER": str(tmp_path / "other"),
            "NONESUCH_MODELS_FOLDER": str(settings.models_folder),
        }
    )
    runner = create_app(elsewhere).test_cli_runner()
    assert runner.invoke(args=[*PREGEN, "--truncation", "0.7"]).exit_code == 0
    made = open_pictures(elsewhere)
    again = next(name for name in made.files_of("hat") if name.startswith(f"{seed}-"))
    data = made.read("hat", again)
    assert data is not None and data != pictures.read("hat", file)
    put(pictures, "hat", again, data)
    assert "1 rejected before" in flask("index").output
    assert not pictures.has("hat", again)
    assert data in contents(beside(settings, "rejected"), "hat").values()
    flask("verify")


def test_pregen_leaves_what_has_a_name_of_its_pictures(
    flask: Flask, pictures: PictureStore, settings: Settings
) -> None:
    """Somebody puts a picture where a missing one was, and fills the store before the index."""
    flask(*PREGEN)
    file = pictures.files_of("hat")[0]
    whole = pictures.read("hat", file)
    pictures.remove("hat", file)
    flask("index")
    put(pictures, "hat", file, drawn(1))
    empty_again(settings)
    flask(*PREGEN)
    assert {whole, drawn(1)} <= set(contents(pictures, "hat").values())
    flask("index")
    flask("verify")
    assert len(contents(pictures, "hat")) == 7


def test_index_beside_pregen_retires_nothing(
    flask: Flask, pictures: PictureStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures are acknowledged after the folder was read and before the index is written."""
    flask("pregen", "--model", "tiny", "--categories", "hat", "--samples", "3")
    beside_it: list[str] = []
    stamps_of = type(pictures).stamps_of

    def listed(self: PictureStore, slug: str) -> dict[str, tuple[int, int]]:
        found = stamps_of(self, slug)
        if not beside_it:
            beside_it.append(slug)
            flask(*PREGEN)
        return found

    monkeypatch.setattr(type(pictures), "stamps_of", listed)
    output = flask("index").output
    assert beside_it and "missing" not in output, output
    assert [state for state, _ in states(settings).values()] == [LIVE] * 12
    flask("verify")


@pytest.mark.parametrize("again", ["the same", "another", "restore", "undo", "off", "nothing new"])
def test_an_act_whose_move_failed_is_finished_by_the_next(
    again: str,
    flask: Flask,
    pictures: PictureStore,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flask(*PREGEN)
    hats, birds = pictures.files_of("hat"), pictures.files_of("bird")
    before = contents(pictures, "hat") | contents(pictures, "bird")

    def refuse(*_: object, **__: object) -> None:
        raise StoreUnusable("could not write", "do the same again: it continues")

    with monkeypatch.context() as patch:
        for name in ("move_to", "copy_to"):  # what moves a picture
            patch.setattr(type(pictures), name, refuse, raising=False)
        refused = flask("curate", "reject", f"hat/{hats[0]}", fails=True)
        assert "do the same again" in refused.output
    assert states(settings)[f"hat/{hats[0]}"][0] == REJECTED and pictures.has("hat", hats[0])
    if again == "the same":
        assert "rejected 0 of 1" in flask("curate", "reject", f"hat/{hats[0]}").output
    elif again == "another":
        flask("curate", "reject", f"bird/{birds[0]}")
    elif again == "restore":
        flask("curate", "restore", f"hat/{hats[0]}")
        flask("curate", "reject", f"hat/{hats[0]}")
    elif again == "undo":
        assert "1 are back" in flask("curate", "undo").output
        flask("curate", "reject", f"hat/{hats[0]}")
    elif again == "off":
        flask("curate", "category", "off", "bird")
        flask("curate", "category", "on", "bird")
    else:
        flask("curate", "duplicates", "--reject", "--category", "bird")
    assert not pictures.has("hat", hats[0])
    assert beside(settings, "rejected").read("hat", hats[0]) == before[hats[0]]
    flask("verify")
    flask("curate", "restore", f"hat/{hats[0]}")
    everywhere = [contents(pictures, slug) for slug in ("hat", "bird")]
    everywhere += [contents(beside(settings, "rejected"), slug) for slug in ("hat", "bird")]
    assert {k: v for each in everywhere for k, v in each.items()} == before
    flask("verify")


def test_rejected_before_its_category_was_put_away(
    flask: Flask, pictures: PictureStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two acts on one picture, of which the first could not move its file."""
    put(pictures, "pizza", "mine.png", drawn(1))
    flask("index")

    def refuse(*_: object, **__: object) -> None:
        raise StoreUnusable("could not write", "do the same again: it continues")

    with monkeypatch.context() as patch:
        patch.setattr(type(pictures), "copy_to", refuse)
        flask("curate", "category", "off", "pizza", fails=True)
        flask("curate", "reject", "pizza/mine.png", fails=True)
    assert pictures.has("pizza", "mine.png")
    flask("curate", "reject", "pizza/mine.png")
    assert contents(pictures, "pizza") == {} == contents(beside(settings, "off"), "pizza")
    assert contents(beside(settings, "rejected"), "pizza") == {"mine.png": drawn(1)}
    flask("verify")


def test_undo_says_what_it_did(flask: Flask, pictures: PictureStore, settings: Settings) -> None:
    flask(*PREGEN)
    hats = pictures.files_of("hat")
    flask("curate", "reject", *(f"hat/{file}" for file in hats[:3]))
    beside(settings, "rejected").remove("hat", hats[0])
    said = flask("curate", "undo").output
    assert "undone: reject 3 pictures; 2 are back" in said
    assert "1 did not change" in said


def test_what_is_aside_is_verified(
    flask: Flask, pictures: PictureStore, settings: Settings
) -> None:
    flask(*PREGEN)
    flask("curate", "reject", f"bird/{pictures.files_of('bird')[0]}")
    hats = pictures.files_of("hat")
    flask("curate", "category", "off", "hat")
    flask("verify")
    off, rejected = beside(settings, "off"), beside(settings, "rejected")
    off.put_all("hat", {hats[0]: b"cut", hats[1]: drawn(1)})
    off.remove("hat", hats[2])
    thrown = rejected.files_of("bird")[0]
    rejected.put_all("bird", {thrown: drawn(2)})
    found = flask("verify", fails=True).output
    assert f"unreadable: off/hat/{hats[0]}\n" in found
    assert f"off, changed: hat/{hats[1]}\n" in found
    assert f"off, missing: hat/{hats[2]}\n" in found
    assert f"rejected, changed: bird/{thrown}\n" in found
    # what was damaged does not come back live
    assert "3 pictures are back" in flask("curate", "category", "on", "hat").output
    assert sorted(contents(pictures, "hat")) == hats[3:]
    set_aside = contents(beside(settings, "set-aside"), "hat")
    assert set_aside == {hats[0]: b"cut", hats[1]: drawn(1)}
    assert "restored 0 of 1" in flask("curate", "restore", f"bird/{thrown}").output
    flask("index", "--set-aside")
    flask("verify")
    flask("top-up")
    assert sorted(contents(pictures, "hat")) == hats
    flask("verify")
    assert MISSING not in {state for state, _ in states(settings).values()}
