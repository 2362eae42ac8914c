"""`flask curate` and `flask models report`: exit status and text, then store and index again."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result
from sqlalchemy import select

from app import create_app
from app.curate.token import OwnerToken
from core.settings import Settings
from store.index.states import LIVE, OFF, REJECTED
from store.index.tables import category, image
from tests.app.curate.forms import labels, states
from tests.conftest import Filled

Run = Callable[..., Result]


@pytest.fixture
def run(filled: Filled) -> Run:
    application = create_app(filled.settings)
    return lambda *words: application.test_cli_runner().invoke(args=[*words])


def set_hashes(filled: Filled, slug: str, hashes: list[str]) -> None:
    with filled.engine.begin() as connection:
        known = select(category.c.id).where(category.c.slug == slug).scalar_subquery()
        ids = select(image.c.id).where(image.c.category_id == known).order_by(image.c.id)
        for each, phash in zip(connection.execute(ids).scalars().all(), hashes, strict=True):
            connection.execute(image.update().where(image.c.id == each).values(phash=phash))


def test_token_from_nothing_to_gone(filled: Filled, run: Run) -> None:
    assert "there is no token" in run("curate", "token").output
    made = run("curate", "token", "--new")
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert OwnerToken(filled.settings).is_right(token)
    assert f"NONESUCH_CURATE_TOKEN_HASH={OwnerToken(filled.settings).hash()}" in made.stderr
    assert token not in run("curate", "token").output
    assert run("curate", "token", "--new").stdout.strip() != token
    assert not OwnerToken(filled.settings).is_right(token)
    assert run("curate", "token", "--new", "--remove").exit_code == 2
    assert "removed" in run("curate", "token", "--remove").output
    assert "there was no token" in run("curate", "token", "--remove").output


def test_reject_list_restore_undo(filled: Filled, run: Run) -> None:
    first, second = labels(filled, "hat")[:2]
    number = second.partition("-")[2][:12]
    dry = run("curate", "reject", first, number, "--dry-run")
    assert dry.exit_code == 0 and "would reject 2 of 2 pictures" in dry.output
    assert states(filled, "hat") == [LIVE] * 5
    done = run("curate", "reject", first, f"https://site.example/i/{number}?by=x")
    assert done.exit_code == 0 and "rejected 2 of 2 pictures" in done.output
    assert states(filled, "hat") == [REJECTED, REJECTED, LIVE, LIVE, LIVE]
    listed = run("curate", "list").output.splitlines()
    assert [line.split()[0] for line in listed] == [first, second]
    assert len(run("curate", "list", "--state", "live", "--category", "hat").output.split()) == 3
    assert "would restore 1 of 1" in run("curate", "restore", first, "--dry-run").output
    assert "would undo: reject 2 pictures" in run("curate", "undo", "--dry-run").output
    assert states(filled, "hat") == [REJECTED, REJECTED, LIVE, LIVE, LIVE]
    assert "restored 1 of 1 pictures" in run("curate", "restore", first).output
    assert "undone: restore 1 pictures" in run("curate", "undo").output
    assert "undone: reject 2 pictures" in run("curate", "undo").output
    assert states(filled, "hat") == [LIVE] * 5
    assert "there is nothing to undo" in run("curate", "undo").output


def test_nothing_is_done_where_one_name_is_wrong(filled: Filled, run: Run) -> None:
    done = run("curate", "reject", labels(filled, "hat")[0], "hat/none.webp")
    assert done.exit_code == 1
    assert done.output.startswith("Error: there is no picture 'hat/none.webp'")
    assert len(done.output.splitlines()) == 1
    done = run("curate", "category", "off", "hat", "hut")
    assert done.exit_code == 1 and "did you mean hat?" in done.output
    assert states(filled, "hat") == [LIVE] * 5
    assert run("curate", "reject").exit_code == 2
    assert run("curate", "list", "--category", "hut").exit_code == 1


def test_categories_off_and_on(filled: Filled, run: Run) -> None:
    dry = run("curate", "category", "off", "hat", "--dry-run")
    assert "would switch hat off: 5 pictures" in dry.output
    assert states(filled, "hat") == [LIVE] * 5
    done = run("curate", "category", "off", "hat", "mammal")
    assert done.output.splitlines() == [
        "hat is off: 5 pictures left the site",
        "mammal is off: 7 pictures left the site",
    ]
    assert states(filled, "hat") == [OFF] * 5
    assert run("verify").exit_code == 0
    assert "hat is on: 5 pictures are back" in run("curate", "category", "on", "hat").output
    assert states(filled, "hat") == [LIVE] * 5 and states(filled, "mammal") == [OFF] * 7


def test_near_duplicates_are_listed_and_thrown_out(filled: Filled, run: Run) -> None:
    far = [f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}" for n in range(1, 5)]
    set_hashes(filled, "hat", ["0" * 16, *far[:2], "0" * 15 + "3", far[3]])
    set_hashes(filled, "mammal", ["0" * 16, *[f"{n:x}" * 16 for n in range(1, 7)]])
    listed = run("curate", "duplicates")
    first, second = labels(filled, "hat")[0], labels(filled, "hat")[3]
    assert listed.stdout == f"{first}  {second}\n"  # those of two categories are no duplicates
    assert states(filled, "hat") == [LIVE] * 5
    done = run("curate", "duplicates", "--category", "hat", "--reject")
    assert "rejected 1 near-duplicates" in done.stderr
    assert states(filled, "hat") == [LIVE, LIVE, LIVE, REJECTED, LIVE]


def test_report(filled: Filled, run: Run) -> None:
    set_hashes(filled, "hat", ["0" * 16] * 3 + ["f" * 16] * 2)
    run("curate", "reject", labels(filled, "hat")[0])
    found = [json.loads(line) for line in run("models", "report", "--json").output.splitlines()]
    hat = next(each for each in found if each["slug"] == "hat")
    assert (hat["pictures"], hat["rejected"], hat["near_duplicates"]) == (4, 1, 2)
    assert hat["diversity"] == pytest.approx(4 / 6)
    table = run("models", "report", "--categories", "hat").output.splitlines()
    assert table[1].split() == ["hat", "4", "1", "0", "2", "0.67", "unknown"]
    assert table[2].split() == ["all", "4", "1", "0", "2"]
    assert run("models", "report", "--categories", "hut").exit_code == 1


def test_without_an_index_it_says_how_to_begin(settings: Settings) -> None:
    run = create_app(settings).test_cli_runner()
    for words in (["curate", "undo"], ["curate", "list"], ["models", "report"], ["top-up"]):
        done = run.invoke(args=words)
        assert done.exit_code == 1 and "flask db upgrade" in done.output, words
        assert len(done.output.splitlines()) == 1
