"""A renamed or merged category is filled on, and not named back; what was made of it is known."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import delete, select

from app import create_app
from core.settings import Settings
from store.curation.withheld import Withheld
from store.files.opening import open_pictures
from store.index.database import open_engine
from store.index.states import LIVE
from store.index.tables import category, generator, image
from store.queries.reader import IndexReader

Flask = Callable[..., Result]


def live(settings: Settings) -> Counter[tuple[str, str]]:
    """Return how many pictures there are by category and by what the model calls it."""
    with open_engine(settings).connect() as connection:
        statement = select(category.c.slug, image.c.drawn_as).join_from(image, category)
        rows = connection.execute(statement.where(image.c.state == LIVE))
        return Counter((row.slug, row.drawn_as) for row in rows)


@pytest.mark.usefixtures("models")
def test_pregen_top_up_and_index_go_on_in_the_new_place(
    flask_command: Flask, settings: Settings
) -> None:
    made = ("pregen", "--model", "tiny", "--samples", "8", "--categories")
    assert flask_command(*made, "hat,bird").exit_code == 0
    assert flask_command("category", "rename", "hat", "Fine Headgear").exit_code == 0
    assert "nothing to do: 16" in flask_command(*made, "hat,bird").output
    assert flask_command(*made[:-2], "12", "--categories", "fine_headgear").exit_code == 0
    assert live(settings) == {("fine_headgear", "hat"): 12, ("bird", "bird"): 8}
    with open_engine(settings).connect() as connection:
        assert set(connection.execute(select(category.c.name)).scalars()) == {
            "Fine Headgear", "bird"
        }  # fmt: skip
    assert not open_pictures(settings).files_of("hat")

    assert flask_command("category", "merge", "hat", "bird").exit_code == 0
    assert live(settings) == {("bird", "hat"): 12, ("bird", "bird"): 8}
    thrown = next(f for f in open_pictures(settings).files_of("bird") if _seed(f) >= 2_000_000)
    assert flask_command("curate", "reject", f"hat/{thrown}").exit_code == 1  # not there
    assert flask_command("curate", "reject", f"bird/{thrown}").exit_code == 0
    assert flask_command("top-up", "--drawn-as", "bird").output.startswith("nothing to do")
    assert "made 1 pictures" in flask_command("top-up", "--categories", "Fine headgear").output
    assert live(settings) == {("bird", "hat"): 12, ("bird", "bird"): 8}
    done = flask_command("top-up", "--categories", "bird", "--drawn-as", "bird", "--samples", "9")
    assert done.exit_code == 0 and live(settings)["bird", "bird"] == 9
    assert flask_command("verify", "--rebuild", "21").exit_code == 0
    assert flask_command("index", "--full").exit_code == 0
    assert live(settings) == {("bird", "hat"): 12, ("bird", "bird"): 9}

    # what the generator itself makes live: the rejected seed is withheld under the model's name
    reader = IndexReader(open_engine(settings))
    digest = reader.ask("SELECT model_digest FROM image LIMIT 1", {})[0][0]
    withheld = Withheld(lambda: reader)
    assert withheld.has("tiny/1", digest, ["hat"], _seed(thrown))
    assert not withheld.has("tiny/1", digest, ["bird"], _seed(thrown))
    assert flask_command("curate", "category", "off", "bird").exit_code == 0
    assert withheld.categories() == {"bird", "hat", "fine_headgear"}
    done = flask_command(*made, "hat")
    assert done.exit_code == 1 and "the categories asked for are off" in done.output


def test_what_is_said_of_the_generator_is_kept_and_found_again(
    flask_command: Flask, settings: Settings
) -> None:
    made = flask_command("pregen", "--model", "tiny", "--samples", "2", "--categories", "hat")
    assert made.exit_code == 0, made.output
    kept = select(generator.c.model, generator.c.title, generator.c.licence, generator.c.size_px)
    said = [("tiny/1", "A tiny generator for tests", "MIT", 16)]
    for _ in range(2):
        engine = open_engine(settings, write=True)
        with engine.begin() as connection:
            assert connection.execute(kept).all() == said
            connection.execute(delete(generator))  # as before this program kept it
        engine.dispose()
        assert flask_command("index").exit_code == 0


def test_a_file_in_the_old_name_is_found_by_its_origin(
    flask_command: Flask, settings: Settings, tmp_path: Path
) -> None:
    done = flask_command("pregen", "--model", "tiny", "--samples", "2", "--categories", "hat")
    assert done.exit_code == 0
    assert flask_command("category", "rename", "hat", "cap").exit_code == 0
    client = create_app(settings).test_client()
    with open_engine(settings).connect() as connection:
        short = connection.execute(select(image.c.sha256).limit(1)).scalar_one()[:12]
    seen = tmp_path / "seen.jpg"
    seen.write_bytes(client.get(f"/sized/64/{short}.jpg").data)
    done = flask_command("curate", "reject", str(seen), "--dry-run")
    assert "would reject 1 of 1" in done.output, done.output


def _seed(file: str) -> int:
    return int(file.partition("-")[0])
