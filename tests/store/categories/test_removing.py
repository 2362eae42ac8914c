"""`flask models remove`: all that a generator made, and nothing else."""

from collections.abc import Callable

import pytest
from click.testing import Result
from sqlalchemy import insert, select, update

from app import create_app
from store.categories import removing
from store.curation.reject import reject_images
from store.curation.switch import switch_off
from store.index.tables import category, generator, image, target
from tests.conftest import Filled, small_picture

Flask = Callable[..., Result]


@pytest.fixture
def made(filled: Filled) -> Filled:
    """Hats, fish and one mammal were made by tiny/1; the fish are off, one hat is rejected."""
    with filled.engine.begin() as connection:
        slugs = ("hat", "fish_2")
        ids = select(category.c.id).where(category.c.slug.in_(slugs))
        own = image.c.category_id.in_(ids) | image.c.file.startswith("1-")
        by = {"model": "tiny/1", "model_digest": "0" * 64, "seed": image.c.id}
        connection.execute(update(image).where(own).values(**by))
        kept = {"model": "tiny/1", "title": "Tiny", "licence": "MIT", "size_px": 16, "card": ""}
        connection.execute(insert(generator).values(digest="0" * 64, **kept))
        connection.execute(
            insert(target).values(
                category_id=1, model_digest="0" * 64, drawn_as="hat", model="tiny/1", samples=5,
                seed=0, truncation_low=0.4, truncation_high=0.7, format="webp",
            )
        )  # fmt: skip
        hat = connection.execute(
            select(image.c.id).join(category).where(category.c.slug == "hat").limit(1)
        ).scalar_one()
    instance = filled.settings.instance_folder
    assert reject_images(filled.engine, filled.store, instance, [hat])
    assert switch_off(filled.engine, filled.store, instance, "fish_2") == 4
    filled.engine.dispose()
    return filled


@pytest.fixture
def flask(made: Filled) -> Flask:
    runner = create_app(made.settings).test_cli_runner()
    return lambda *words, **more: runner.invoke(args=words, **more)


def pictures_anywhere(filled: Filled) -> int:
    places = (filled.settings.images_folder, filled.settings.instance_folder)
    return sum(len(list(place.rglob("*.webp"))) for place in places)


@pytest.mark.folder
def test_all_of_it_goes_and_nothing_else(made: Filled, flask: Flask) -> None:
    dry = flask("models", "remove", "tiny", "--dry-run")
    assert dry.output == (
        "of tiny/1: 10 pictures, 0 walks\n2 categories hold nothing else: fish_2, hat\n"
    ), dry.output
    assert flask("models", "remove", "tiny", input="n\n").exit_code == 1
    assert pictures_anywhere(made) == 19
    done = flask("models", "remove", "tiny/1", "--yes")
    assert "removed 10 pictures and 2 categories" in done.output, done.output
    assert pictures_anywhere(made) == 9
    with made.engine.connect() as connection:
        assert set(connection.execute(select(category.c.slug)).scalars()) == {
            "mammal", "asian_dish"
        }  # fmt: skip
        for table in (generator, target):
            assert connection.execute(select(table)).all() == []
    assert flask("verify").exit_code == 0
    assert not (made.settings.images_folder / "hat").exists()
    again = flask("models", "remove", "tiny", "--yes")
    assert again.exit_code == 1 and "there is nothing of 'tiny'" in again.output


@pytest.mark.folder
def test_stopped_it_goes_on_and_spares_what_was_changed_by_hand(
    made: Filled, flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = next(made.settings.images_folder.glob("hat/*.webp"))
    changed.write_bytes(small_picture(1234, "hat"))

    def stopped(*_: object) -> None:
        raise RuntimeError("stopped")

    with monkeypatch.context() as patch:
        patch.setattr(removing, "_strike_out", stopped)
        assert isinstance(flask("models", "remove", "tiny", "--yes").exception, RuntimeError)
    client = create_app(made.settings).test_client()
    assert client.get("/c/hat").status_code == 404  # they left the site first
    done = flask("models", "remove", "tiny", "--yes")
    assert f"hat/{changed.name}; take them in with: flask index" in done.output
    assert changed.exists() and pictures_anywhere(made) == 10
