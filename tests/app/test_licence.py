"""May I use these pictures? The same answer on pages, in the API, in files, in an export."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update

from app import create_app
from core.licences import CC0, Licence
from core.settings import PROJECT, Settings
from store.files.protocol import digest, file_name
from store.formats.encoding import encode, find_format
from store.formats.licensing import licensed
from store.formats.metadata import read_packet
from store.index.tables import image
from tests.app.export.exporting import export
from tests.conftest import Filled
from tests.store.formats.test_licensing import ORIGIN, opened, picture
from tests.tiny_model import build_tiny_model

BY = Licence("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")
TERMS = Licence("Ann's terms", "https://ann.example/terms?a=1&b=2")


def statement(data: bytes) -> str | None:
    """Return what a file's metadata says of where its terms are."""
    with Image.open(io.BytesIO(data)) as picture:
        found = re.search(rb'xmpRights:WebStatement="([^"]*)"', read_packet(picture))
    return found[1].decode().replace("&amp;", "&") if found else None


def asked(settings: Settings, address: str) -> bytes:
    answer = create_app(settings).test_client().get(address)
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


def with_licences(settings: Settings, generated: str, adopted: str = "") -> Settings:
    return replace(settings, picture_licence=generated, adopted_licence=adopted)


@pytest.fixture
def made(filled: Filled) -> Filled:
    """The store, whose hats alone were not made here."""
    hats = [digest(data) for (slug, _), data in filled.files.items() if slug == "hat"]
    with filled.engine.begin() as connection:
        connection.execute(
            update(image)
            .where(image.c.sha256.not_in(hats))
            .values(model="emoji/3", model_digest="a" * 64, seed=image.c.id)
        )
    return filled


def links_of(page: bytes) -> list[tuple[str, str]]:
    found = re.findall(r'<a href="([^"]*)" rel="license">([^<]*)</a>', page.decode())
    return [(url.replace("&amp;", "&"), name.replace("&#39;", "'")) for url, name in found]


@pytest.mark.parametrize(
    ("generated", "adopted", "of_generated", "of_adopted"),
    [
        (f"{CC0.name} {CC0.url}", "", CC0, None),
        (f"{BY.name} {BY.url}", f"{TERMS.name} {TERMS.url}", BY, TERMS),
        ("", "", None, None),
    ],
)
def test_pages_and_the_api_say_it_of_each_picture(
    made: Filled, generated: str, adopted: str,
    of_generated: Licence | None, of_adopted: Licence | None,
) -> None:  # fmt: skip
    settings = with_licences(made.settings, generated, adopted)
    for slug, licence in (("mammal", of_generated), ("hat", of_adopted)):
        number = digest(made.some(slug)[2])[:12]
        expected = [(licence.url, licence.name)] if licence else []
        for page in (f"/i/{number}", f"/i/{number}?in=category", f"/c/{slug}/random"):
            text = asked(settings, page)
            assert links_of(text) == expected, page
            assert (b" download>" in text) == bool(licence)
        said = json.loads(asked(settings, f"/api/v1/images/{number}"))["licence"]
        assert said == ({"name": licence.name, "url": licence.url} if licence else None)
    about = asked(settings, "/about").decode()
    assert "May I use them?" in about
    assert links_of(about.encode()) == (
        [(of_generated.url, of_generated.name)] if of_generated else []
    )
    assert ("gives them up" in about) == (of_generated == CC0)
    assert ("has not said so" in about) == (of_generated is None)
    assert ("ask its maker" in about) == (of_adopted is None)


def test_about_says_what_was_learnt_from_and_how_many_are_copies(made: Filled) -> None:
    text = asked(made.settings, "/about").decode()
    card = (PROJECT / "models/emoji/3/MODEL_CARD.md").read_text(encoding="utf-8")
    cells = re.search(r"^\| features \|.*\|$", card.partition("### Copying")[2], re.MULTILINE)
    assert cells
    _, _, count, *_, near = (cell.strip() for cell in cells[0].strip("|").split("|"))
    assert f"<dt>Copies</dt><dd>{near} of {count} pictures are very near" in text
    assert "What it was trained on" in text and "Twitter" in text


@pytest.mark.folder
def test_files_made_for_a_visitor_say_it_and_stored_ones_do_not(made: Filled) -> None:
    settings = with_licences(made.settings, f"{BY.name} {BY.url}")
    slug, file, data = made.some()
    number = digest(data)[:12]
    for size, extension in ((64, "webp"), (64, "png"), (128, "jpg"), (256, "avif")):
        made_of_it = asked(settings, f"/sized/{size}/{number}.{extension}")
        assert statement(made_of_it) == BY.url
    stored = asked(settings, f"/images/{slug}/{file}")
    assert stored == data and statement(stored) is None


def test_a_download_is_the_picture_itself_with_its_licence(filled: Filled) -> None:
    pixels = np.resize(picture(3), (64, 64, 3))
    data = encode(pixels, find_format("webp"), ORIGIN)
    file = file_name(7, digest(data), "webp")
    filled.add("hat", {file: data})
    with filled.engine.begin() as connection:
        connection.execute(
            update(image).where(image.c.file == file).values(width=64, height=64, model="tiny/1")
        )
    page = asked(filled.settings, f"/i/{digest(data)[:12]}").decode()
    found = re.search(r'<a href="([^"]+)" download>', page)
    assert found
    downloaded = asked(filled.settings, found[1])
    assert downloaded == licensed(data, CC0)
    assert np.array_equal(opened(downloaded)[2], opened(data)[2])


def test_live_pictures_say_it(settings: Settings, tmp_path: Path) -> None:
    build_tiny_model(tmp_path / "models")
    live = replace(settings, models_folder=tmp_path / "models")
    assert statement(asked(live, "/live/tiny.webp?seed=3")) == CC0.url
    for extension in ("png", "webp"):
        address = f"/live/tiny.{extension}?seed=3"
        assert statement(asked(with_licences(live, f"{TERMS.name} {TERMS.url}"), address)) == (
            TERMS.url
        )
        assert statement(asked(with_licences(live, ""), address)) is None


def test_an_export_says_it_in_files_pages_and_lists(made: Filled, tmp_path: Path) -> None:
    settings = with_licences(made.settings, f"{BY.name} {BY.url}", f"{TERMS.name} {TERMS.url}")
    out = tmp_path / "out"
    assert export(settings, out).exit_code == 0
    slug, file, data = made.some()
    copied = (out / "images" / slug / file).read_bytes()
    assert copied == licensed(data, BY) and statement(copied) == BY.url
    number = digest(data)[:12]
    page = (out / "i" / number / "index.html").read_bytes()
    assert links_of(page) == [(BY.url, BY.name)]
    assert f'<a href="../../images/{slug}/{file}'.encode() in page
    listed = json.loads((out / "pictures/index.json").read_text())
    assert listed["licence"] == {"name": BY.name, "url": BY.url}
    assert listed["adopted_licence"] == {"name": TERMS.name, "url": TERMS.url}
    pictures = json.loads((out / "pictures/0.json").read_text())["pictures"]
    assert {p["category"] for p in pictures if p.get("is_adopted")} == {"hat"}
    assert "May I use them?" in (out / "about/index.html").read_text()
    assert made.store.read(slug, file) == data
