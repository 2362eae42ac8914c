"""`flask category`: another name, two made one; old addresses lead on, nothing is lost."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import create_app
from store.categories import renaming
from store.curation.reject import reject_images
from store.files.opening import open_pictures
from store.files.protocol import digest
from store.files.quarantine import Quarantine
from store.index.states import LIVE, MISSING, REJECTED
from store.index.tables import alias, category, image
from store.index.writes import retire_image
from tests.conftest import Filled, small_picture

Flask = Callable[..., Result]


@pytest.fixture
def flask(filled: Filled) -> Flask:
    runner = create_app(filled.settings).test_cli_runner()
    return lambda *words: runner.invoke(args=words)


@pytest.fixture
def client(filled: Filled) -> FlaskClient:
    return create_app(filled.settings).test_client()


def ids_of(filled: Filled, slug: str) -> list[int]:
    with filled.engine.connect() as connection:
        rows = select(image.c.id).join(category).where(category.c.slug == slug)
        return list(connection.execute(rows.order_by(image.c.id)).scalars())


def is_whole(flask: Flask) -> bool:
    """Say whether every row has its file and every file its row, in all places."""
    done = flask("verify")
    assert done.exit_code == 0, done.output
    again = flask("index", "--full")
    assert again.exit_code == 0, again.output
    return not {"new", "missing", "found again"} & set(again.output.split())


def test_renamed_it_is_found_by_all_its_names(
    filled: Filled, flask: Flask, client: FlaskClient
) -> None:
    slug, file, data = filled.some("hat")
    assert reject_images(
        filled.engine, filled.store, filled.settings.instance_folder, ids_of(filled, "hat")[-1:]
    )
    filled.engine.dispose()
    done = flask("category", "rename", "HAT", "Größer Hut")
    assert done.output == (
        "hat is grosser_hut, called 'Größer Hut': 5 pictures; /c/hat leads to /c/grosser_hut\n"
    ), done.output
    for old, new in {
        "/c/hat": "/c/grosser_hut",
        "/c/hat?page=1": "/c/grosser_hut?page=1",
        "/c/hat/random": "/c/grosser_hut/random",
        "/c/hat/seed/hat.webp": "/c/grosser_hut/seed/hat.webp",
        "/random.webp?category=hat&size=64": "/random.webp?category=grosser_hut&size=64",
        "/api/v1/random?category=hat&n=2": "/api/v1/random?category=grosser_hut&n=2",
        f"/images/hat/{file}": f"/images/grosser_hut/{file}",
        "/c/hat?_scheme=javascript&_external=1": "/c/grosser_hut",
    }.items():
        answer = client.get(old)
        assert answer.status_code == 301, old
        assert sorted(answer.headers["Location"]) == sorted(new)
        assert answer.headers["Cache-Control"] == "no-cache"
    below = client.get("/c/hat", environ_overrides={"SCRIPT_NAME": "/pictures"})
    assert below.headers["Location"] == "/pictures/c/grosser_hut"
    assert client.get(f"/images/{slug}/{file}", follow_redirects=True).data == data
    assert "Größer Hut" in client.get("/c/grosser_hut").text
    assert not filled.store.files_of("hat") and len(filled.store.files_of("grosser_hut")) == 4
    assert is_whole(flask)
    listed = flask("category", "list").output
    assert "Größer Hut  before: hat" in listed
    for name in ("hat", "größer hut", "grosser_hut"):
        assert "4" in flask("models", "report", "--categories", name).output
        assert flask("curate", "category", "off", name, "--dry-run").exit_code == 0
    back = flask("curate", "undo")
    assert "1 are back" in back.output, back.output
    assert len(filled.store.files_of("grosser_hut")) == 5
    assert flask("category", "rename", "hat", "hat").exit_code == 0  # and back again
    assert client.get("/c/grosser_hut").headers["Location"] == "/c/hat"
    assert client.get("/c/hat").status_code == 200 and is_whole(flask)


def test_another_name_for_people_alone_stays(filled: Filled, flask: Flask) -> None:
    assert flask("category", "rename", "hat", "Hut", "--slug", "hat").exit_code == 0
    flask("index", "--full")
    with filled.engine.connect() as connection:
        assert connection.execute(select(alias)).all() == []
        names = dict(connection.execute(select(category.c.slug, category.c.name)).all())
    assert names["hat"] == "Hut" and names["mammal"] == "mammal"


def test_merged_nothing_is_lost_and_nothing_doubled(
    filled: Filled, flask: Flask, client: FlaskClient
) -> None:
    """A name that both have, a picture that both have, one that is rejected, one that is off."""
    twin = small_picture(99, "hat")
    filled.add("hat", {"mine.webp": small_picture(97, "hat"), "twin.webp": twin})
    filled.add("mammal", {"mine.webp": small_picture(98), "twin.webp": twin})
    store, instance = filled.store, filled.settings.instance_folder
    assert reject_images(filled.engine, store, instance, ids_of(filled, "hat")[:1])
    filled.engine.dispose()
    dry = flask("category", "merge", "hat", "mammal", "--dry-run")
    assert dry.output.startswith("6 pictures of hat would go into mammal; 1 were there already")
    assert len(store.files_of("hat")) == 6
    done = flask("category", "merge", "hat", "mammal")
    assert done.output == (
        "6 pictures of hat went into mammal; 1 were there already; /c/hat leads to /c/mammal\n"
    )
    with filled.engine.connect() as connection:
        rows = connection.execute(
            select(image.c.state, image.c.ord, image.c.file, image.c.sha256)
            .join(category)
            .where(category.c.slug == "mammal")
        ).all()
        assert connection.execute(select(category.c.n).where(category.c.slug == "mammal")).scalar()
        assert "hat" not in connection.execute(select(category.c.slug)).scalars().all()
    live = [row for row in rows if row.state == LIVE]
    assert len(live) == 9 + 5 and sorted(row.ord for row in live) == list(range(14))
    assert [row.state for row in rows if row.state != LIVE] == [REJECTED]
    there = {digest(store.read("mammal", row.file) or b"") for row in live}
    assert there == {row.sha256 for row in live} and len(there) == 14
    beside = Quarantine(store, instance).beside[REJECTED]
    assert len(beside.files_of("mammal")) == 1 and not beside.files_of("hat")
    assert not store.files_of("hat") and is_whole(flask)
    answer = client.get("/images/hat/mine.webp")
    assert answer.headers["Location"] == "/images/mammal/mine.webp"
    assert "1 are back" in flask("curate", "undo").output
    assert client.get("/c/hat", follow_redirects=True).text.count("15") >= 1


def test_what_was_off_before_a_merge_cannot_be_undone_for_the_other(
    filled: Filled, flask: Flask
) -> None:
    """The merge asks to switch a category on first; the other's pictures have no part in that."""
    filled.engine.dispose()
    for words in ("off", "on"):
        assert flask("curate", "category", words, "hat").exit_code == 0
    assert flask("category", "merge", "hat", "mammal").exit_code == 0
    assert "there is nothing to undo" in flask("curate", "undo").output
    with filled.engine.connect() as connection:
        states = connection.execute(select(image.c.state).join(category)).scalars().all()
    assert set(states) == {LIVE}


def test_a_picture_that_the_other_misses_is_kept(filled: Filled, flask: Flask) -> None:
    """Of one seed the other category has a row without a file."""
    hat, other = ids_of(filled, "hat")[0], ids_of(filled, "mammal")[0]
    with filled.engine.begin() as connection:
        for each in (hat, other):
            connection.execute(
                update(image).where(image.c.id == each).values(model_digest="d" * 64, seed=7)
            )
        retire_image(connection, other, MISSING)
    filled.engine.dispose()
    done = flask("category", "merge", "hat", "mammal")
    assert "were there already" not in done.output, done.output
    with filled.engine.connect() as connection:
        rows = connection.execute(select(image.c.id, image.c.state).where(image.c.seed == 7)).all()
    assert rows == [(hat, LIVE)]


def test_stopped_in_the_middle_it_goes_on(
    filled: Filled, flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the rows change, and after: nothing is lost, and the next command clears away."""
    with monkeypatch.context() as patch:
        patch.setattr(renaming, "rename_rows", _stopped)
        assert isinstance(flask("category", "rename", "hat", "cap").exception, RuntimeError)
    assert len(filled.store.files_of("hat")) == 5
    with monkeypatch.context() as patch:
        patch.setattr(renaming, "_follow", _stopped)
        assert isinstance(flask("category", "rename", "hat", "cap").exception, RuntimeError)
    assert len(filled.store.files_of("hat")) == len(filled.store.files_of("cap")) == 5
    filled.store.put_all("hat", {"new.webp": small_picture(500, "hat")})  # and somebody adds one
    if not filled.settings.store_url:  # and the folder itself stays
        (filled.settings.images_folder / "hat" / ".DS_Store").write_bytes(b"x")
    done = flask("index")
    assert done.exit_code == 0, done.output
    assert "18 unchanged" not in done.output and "1 new" in done.output
    assert not filled.store.files_of("hat") and len(filled.store.files_of("cap")) == 6
    assert is_whole(flask)


def _stopped(*_: object) -> None:
    raise RuntimeError("stopped")


def test_what_is_refused(filled: Filled, flask: Flask) -> None:
    assert flask("category", "rename", "hat", "cap").exit_code == 0
    for words, said in {
        ("rename", "hatt", "x"): "there is no category in the index 'hatt'; did you mean",
        ("rename", "cap", "mammal"): "there is a category mammal already; put them together: flask "
        "category merge cap mammal",
        ("rename", "mammal", "hat"): "hat is what cap was called before",
        ("rename", "mammal", "  "): "a category cannot be called ''",
        ("rename", "mammal", "a\nb\x07"): "cannot be called",
        ("rename", "mammal", "x" * 201): "1 to 200 characters",
        ("rename", "mammal", "beast", "--slug", "Be Ast"): "'Be Ast' is no slug; write be_ast",
        ("merge", "cap", "hat"): "cap and hat are one category, cap; name two",
    }.items():
        done = flask("category", *words)
        assert done.exit_code == 1 and said in done.output, done.output
    assert flask("curate", "category", "off", "cap").exit_code == 0
    done = flask("category", "merge", "cap", "mammal")
    assert "cap is off and mammal is not" in done.output and done.exit_code == 1
    assert len(open_pictures(filled.settings).files_of("mammal")) == 7
