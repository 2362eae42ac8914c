"""What the owner takes away is seen through no door any more, and through all of them when it is
taken back: files, pages, lists, draws, live pictures, walks, the export."""

import io
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select, update

from app import create_app
from app.game.tokens import PlayTokens, Round
from core.settings import Settings
from store.curation.withheld import Withheld
from store.files.morphs import MorphFolder
from store.formats.metadata import Provenance, read_provenance
from store.index.database import open_engine
from store.index.tables import image
from store.queries.reader import IndexReader
from store.queries.rows import Picture
from tests.tiny_model import SLUGS, build_tiny_model

JSON = {"Accept": "application/json"}
EXPORTED = ("images/{0.category}/{0.file}", "i/{0.short_hash}/index.html")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_model(folder)
    return folder


@pytest.fixture
def site(settings: Settings, models: Path) -> Flask:
    """Four pictures of each of three categories, and walks through their first ones."""
    application = create_app(replace(settings, models_folder=models, secret_key="test"))
    of = ("--model", "tiny", "--categories", "hat,bird,drink")
    for words in (
        ("pregen", *of, "--samples", "4"),
        ("morphs", *of, "--between", "2", "--stops", "2", "--frames", "4"),
    ):
        result = run(application, *words)
        assert result.exit_code == 0, result.output
    return application


@pytest.fixture
def visitor(site: Flask) -> FlaskClient:
    return site.test_client()


def run(site: Flask, *words: str) -> Result:
    return site.test_cli_runner().invoke(args=list(words))


def pictures(site: Flask, slug: str) -> list[Picture]:
    engine = open_engine(site.extensions["settings"])
    statement = select(image.c.file).order_by(image.c.seed)
    with engine.connect() as connection:
        files = list(connection.execute(statement).scalars())
    reader = IndexReader(engine)
    found = (reader.by_file(slug, file) for file in files)
    return [picture for picture in found if picture is not None]


def seed_of(picture: Picture) -> int:
    return int(picture.file.partition("-")[0])


def origin_of(data: bytes) -> Provenance:
    with Image.open(io.BytesIO(data)) as opened:
        origin = read_provenance(opened)
    assert origin is not None
    return origin


def doors(picture: Picture) -> list[str]:
    """Return every address of one picture."""
    short, place = picture.short_hash, f"{picture.category}/{picture.file}"
    seed = f"seed={seed_of(picture)}&category={picture.category}"
    token = PlayTokens(b"test").seal(Round(short, picture.category, ("hat", "bird")))
    return [
        f"/images/{place}",
        f"/images/{place}?v={short}",
        f"/i/{short}",
        f"/i/{short}?in=category",
        f"/sized/64/{short}.png",
        f"/sized/512/{short}.jpg",
        f"/api/v1/images/{short}",
        f"/play/picture/{token}",
        f"/live/tiny?{seed}",
        f"/live/tiny.png?{seed}",
        f"/live/tiny.webp?{seed}&truncation=0.02",
        f"/live/tiny.png?{seed}&truncation=1",
        *(f"/live/tiny?{seed}&truncation={step / 10}" for step in range(1, 10)),
    ]


def statuses(visitor: FlaskClient, addresses: list[str]) -> set[int]:
    return {
        call(address, headers=JSON).status_code
        for address in addresses
        for call in (visitor.get, visitor.head)
    }


def shown_anywhere(visitor: FlaskClient) -> str:
    """Return all that lists and draws show, as one text."""
    answers = [
        *(visitor.get(f"/seed/{number}.webp") for number in range(60)),
        *(visitor.get(f"/c/hat/seed/{number}/256.png") for number in range(30)),
        *(visitor.get(path) for path in ("/random.webp", "/random.png?size=64") * 30),
        *(visitor.get("/") for _ in range(30)),
        *(visitor.get(f"/?walk={'0' * 20}.{step}") for step in range(13)),
        *(visitor.get(path) for path in ("/gallery", "/c/hat", "/c/hat/random", "/morphs")),
        *(visitor.get(path) for path in ("/morphs?still", "/categories.json")),
        visitor.get("/api/v1/images?limit=100"),
        visitor.get("/api/v1/images?limit=100&category=hat"),
        *(visitor.get("/api/v1/random?n=100") for _ in range(3)),
    ]
    return "\n".join(f"{answer.text} {answer.headers.get('Location')}" for answer in answers)


def walks_of(site: Flask, keep: Callable[[tuple[str, int]], bool]) -> list[str]:
    """Return the files of walks with a stop of which ``keep`` holds: (category, seed)."""
    files = []
    for morph in MorphFolder(site.extensions["settings"].instance_folder).all():
        stops = zip(itertools.cycle(morph.categories), morph.seeds, strict=False)
        if any(keep(stop) for stop in stops):
            files += [morph.file, morph.still]
    return files


def test_a_rejected_picture_is_seen_nowhere_and_comes_back(
    site: Flask, visitor: FlaskClient, tmp_path: Path
) -> None:
    picture, kept = pictures(site, "hat")[:2]
    walks = walks_of(site, lambda stop: stop == ("hat", seed_of(picture)))
    addresses = [*doors(picture), *(f"/morphs/{file}" for file in walks)]
    assert len(walks) == 4  # within hats, and from hats to birds
    favourites = f"/favourites?ids={picture.short_hash},{kept.short_hash}"

    def is_all_there() -> None:
        assert statuses(visitor, addresses) == {200}
        text = shown_anywhere(visitor) + visitor.get(favourites).text
        assert picture.short_hash in text and all(file in text for file in walks)

    def exported() -> set[str]:
        assert run(site, "export-site", str(tmp_path / "out")).exit_code == 0
        names = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*")}
        return names & {*(f.format(picture) for f in EXPORTED), *(f"morphs/{f}" for f in walks)}

    is_all_there()
    assert len(exported()) == 2 + len(walks)
    assert run(site, "curate", "reject", f"hat/{picture.file}").exit_code == 0
    assert statuses(visitor, addresses) == {410}
    text = shown_anywhere(visitor) + visitor.get(favourites).text
    assert picture.short_hash not in text and kept.short_hash in text
    assert not any(file in text for file in walks)
    assert exported() == set()
    assert statuses(visitor, doors(kept)) == {200}
    assert run(site, "curate", "undo").exit_code == 0
    is_all_there()


def test_a_rejected_picture_is_not_kept_by_who_has_it(site: Flask, visitor: FlaskClient) -> None:
    """Not 304, which would say that the copy in a cache is still good."""
    picture = pictures(site, "hat")[0]
    tags = {address: visitor.get(address).headers.get("ETag") for address in doors(picture)}
    run(site, "curate", "reject", picture.short_hash)
    for address, tag in tags.items():
        for sent in (tag, "*"):
            answer = visitor.get(address, headers={"If-None-Match": sent} if sent else {})
            assert answer.status_code == 410, (address, sent)


def test_a_rejected_seed_is_not_drawn(
    site: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = pictures(site, "hat")[0]
    run(site, "curate", "reject", picture.short_hash)
    drawn = [seed_of(picture), seed_of(picture), 7]
    monkeypatch.setattr("app.live.model.random.getrandbits", lambda _bits: drawn.pop(0))
    answer = visitor.get("/live/tiny?category=hat")
    assert answer.status_code == 200 and origin_of(answer.data).seed == 7
    drawn += [seed_of(picture)]
    assert origin_of(visitor.get("/live/tiny?category=bird").data).seed == seed_of(picture)


def test_another_file_of_the_same_model_does_not_bring_it_back(
    site: Flask, visitor: FlaskClient
) -> None:
    """A LiteRT file, a SavedModel and a server of one model have digests of their own."""
    picture = pictures(site, "hat")[0]
    run(site, "curate", "reject", picture.short_hash)
    with open_engine(site.extensions["settings"], write=True).begin() as connection:
        connection.execute(update(image).values(model_digest="5" * 64, model="tiny/1:savedmodel"))
    assert statuses(visitor, [each for each in doors(picture) if "/live" in each]) == {410}


def test_a_category_that_is_off_is_seen_nowhere_and_comes_back(
    site: Flask, visitor: FlaskClient, tmp_path: Path
) -> None:
    of_hats = pictures(site, "hat")
    walks = walks_of(site, lambda stop: stop[0] == "hat")
    addresses = [door for picture in of_hats for door in doors(picture) if "/live" not in door]
    addresses += [f"/morphs/{file}" for file in walks]
    live = [door for picture in of_hats for door in doors(picture) if "/live" in door]
    live += ["/live/tiny?category=hat", "/live/tiny.png?category=hat&truncation=0.5"]
    drawn_before = {
        seed: origin_of(visitor.get(f"/live/tiny?seed={seed}").data).category for seed in range(40)
    }
    assert "hat" in drawn_before.values()

    assert run(site, "curate", "category", "off", "hat").exit_code == 0
    assert statuses(visitor, addresses) == {410}
    assert statuses(visitor, live) == {404}
    close = visitor.get("/live/tiny?category=hatt", headers=JSON).get_json()["error"]["hint"]
    assert "hat" not in close
    for path in ("/c/hat", "/c/hat/random", "/c/hat/seed/a", "/api/v1/images?category=hat"):
        assert visitor.get(path).status_code == 404
    text = shown_anywhere(visitor)
    assert not any(picture.short_hash in text for picture in of_hats)
    assert not any(file in text for file in walks) and "/morphs/bird-" in text
    for seed, slug in drawn_before.items():
        now = origin_of(visitor.get(f"/live/tiny?seed={seed}").data).category
        assert now == slug if slug != "hat" else now != "hat"
    out = tmp_path / "out"
    assert run(site, "export-site", str(out)).exit_code == 0
    assert not (out / "c" / "hat").exists() and not (out / "images" / "hat").exists()
    assert not any((out / "morphs" / file).exists() for file in walks)

    assert run(site, "curate", "category", "on", "hat").exit_code == 0
    assert statuses(visitor, [*addresses, *live]) == {200}


def test_a_model_of_which_all_is_off(site: Flask, visitor: FlaskClient) -> None:
    """Categories without pictures are not in the index, so they cannot be off."""
    assert run(site, "pregen", "--model", "tiny", "--categories", ",".join(SLUGS)).exit_code == 0
    run(site, "curate", "category", "off", *SLUGS)
    answer = visitor.get("/live/tiny", headers=JSON)
    assert answer.status_code == 404 and "switched off" in answer.get_json()["error"]["message"]


def test_walks_pass_over_what_is_taken_away(site: Flask) -> None:
    first = pictures(site, "hat")[0]
    run(site, "curate", "reject", first.short_hash)
    run(site, "curate", "category", "off", "bird")
    words = ("morphs", "--model", "tiny", "--between", "1", "--stops", "2", "--frames", "5")
    result = run(site, *words, "--categories", "hat,bird,drink", "--replace")
    assert result.exit_code == 0 and "made 3 walks" in result.output, result.output
    made = MorphFolder(site.extensions["settings"].instance_folder).all()
    assert [morph.categories for morph in made] == [("hat",), ("drink",), ("hat", "drink")]
    assert all(seed_of(first) not in morph.seeds for morph in made)
    assert all(seed_of(pictures(site, "hat")[1]) in morph.seeds for morph in made[::2])
    result = run(site, *words, "--categories", "bird")
    assert result.exit_code == 1 and "flask curate category on bird" in result.output


def test_many_walks_are_looked_through_at_once(site: Flask) -> None:
    """More than one statement asks for."""
    picture = pictures(site, "hat")[0]
    run(site, "curate", "reject", picture.short_hash)
    settings = site.extensions["settings"]
    (first, *_) = MorphFolder(settings.instance_folder).all()
    draw = random.Random(0)
    seeds = [tuple(draw.getrandbits(32) for _ in range(3)) for _ in range(200)]
    seeds[177] = (*seeds[177][:2], seed_of(picture))
    walks = [replace(first, categories=("hat",), seeds=each) for each in seeds]
    shown = Withheld(site.extensions["index"].reader).shown(walks)
    assert shown == [*walks[:177], *walks[178:]]


def test_where_the_index_cannot_be_read_nothing_is_made(site: Flask, visitor: FlaskClient) -> None:
    """Nobody knows then what was removed."""
    with open_engine(site.extensions["settings"], write=True).begin() as connection:
        connection.exec_driver_sql("DROP TABLE curation")
        connection.exec_driver_sql("ALTER TABLE category RENAME TO categories")
    walk = walks_of(site, lambda _stop: True)[0]
    for address in ("/live/tiny", "/live/tiny?seed=1&category=hat", "/morphs", f"/morphs/{walk}"):
        assert visitor.get(address).status_code == 503, address
