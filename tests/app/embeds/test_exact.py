"""`/400/300` and its relatives: exact, bounded, and the picture itself."""

import io
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app import create_app
from app.rendering.tints import oklch
from store.files.protocol import digest
from store.index.states import REJECTED
from tests.conftest import Filled


def picture(response: TestResponse) -> Image.Image:
    assert response.status_code == 200, response.text
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    image = Image.open(io.BytesIO(response.data))
    assert response.headers["Content-Type"] == f"image/{str(image.format).lower()}"
    return image


def link_of(response: TestResponse) -> str:
    return response.headers["Link"]


@pytest.mark.parametrize(
    ("address", "size", "form"),
    [
        ("/400/300", (400, 300), "WEBP"),
        ("/300/400.png", (300, 400), "PNG"),
        ("/1/1.jpg", (1, 1), "JPEG"),
        ("/64/2048.avif", (64, 2048), "AVIF"),
        ("/seed/anything/40/30.JPEG", (40, 30), "JPEG"),
        ("/seed/a.b/40/30", (40, 30), "WEBP"),
        ("/c/hat/seed/anything/40/30.webp", (40, 30), "WEBP"),
        ("/40/30.webp?category=hat&fit=crop&grayscale&blur=2&random=7", (40, 30), "WEBP"),
    ],
)
def test_the_size_is_exact(
    client: FlaskClient, address: str, size: tuple[int, int], form: str
) -> None:
    image = picture(client.get(address))
    assert image.size == size and image.format == form


def test_at_random_it_is_another_every_time_for_proxies_too(client: FlaskClient) -> None:
    """What a README embeds goes through a proxy that keeps what it may."""
    answers = [client.get("/20/20.webp") for _ in range(30)]
    assert len({link_of(answer) for answer in answers}) > 5
    for answer in answers:
        assert answer.status_code == 200  # no way to a file that is kept for a year
        assert {"no-cache", "no-store", "max-age=0"} <= set(
            answer.headers["Cache-Control"].split(", ")
        )
        assert "ETag" not in answer.headers


def test_of_a_category(client: FlaskClient, filled: Filled) -> None:
    hats = {digest(data)[:12] for (slug, _), data in filled.files.items() if slug == "hat"}
    for address in ("/20/20?category=hat", "/seed/{}/20/20?category=hat", "/c/hat/seed/{}/20/20"):
        for text in range(12):
            link = link_of(client.get(address.format(text)))
            assert link[4:16] in hats
    assert client.get("/20/20?category=ht").status_code == 404


def test_the_same_for_the_same_text_and_the_same_as_in_other_sizes(client: FlaskClient) -> None:
    first = client.get("/seed/anything/40/30.png")
    again = client.get("/seed/anything/40/30.png")
    assert first.data == again.data
    other = client.get("/seed/anything.png").headers["Location"]
    assert link_of(first)[4:16] in other
    assert first.headers["Cache-Control"] == "public, max-age=300"
    known = client.get("/seed/anything/40/30.png", headers={"If-None-Match": first.headers["ETag"]})
    assert known.status_code == 304 and known.data == b""
    assert "Content-Type" not in known.headers
    others = {
        client.get(f"/seed/anything/{rest}").headers["ETag"]
        for rest in ("40/30.png", "40/30.webp", "30/40.png", "40/30.png?fit=crop")
    }
    assert len(others) == 4


def test_without_an_ending_accept_decides(client: FlaskClient) -> None:
    answer = client.get("/seed/a/20/20", headers={"Accept": "image/png"})
    assert picture(answer).format == "PNG" and answer.headers["Vary"] == "Accept"
    assert client.get("/20/20", headers={"Accept": "image/gif"}).status_code == 406


def test_one_certain_picture(client: FlaskClient, filled: Filled) -> None:
    _, file, data = filled.some()
    address = f"/i/{digest(data)[:12]}/40/30.webp"
    assert picture(client.get(address)).size == (40, 30)
    filled.retire(file, REJECTED)
    assert client.get(address).status_code == 410
    assert client.get("/i/000000000000/40/30").status_code == 404
    assert client.get("/i/x/40/30").status_code == 404


@pytest.mark.parametrize(
    ("address", "status", "message", "hint"),
    [
        ("/0/300", 400, "a width of 0 is not possible", "from 1 to 2048"),
        ("/400/9999", 400, "a height of 9999 is not possible", "from 1 to 2048"),
        ("/400/12.5", 400, "a height of 12.5 is not possible", "whole number"),
        ("/12.5/400.webp", 400, "a width of 12.5", "whole number"),
        ("/-4/400", 400, "a width of -4", "whole number"),
        ("/400/3e2", 400, "a height of 3e2", "whole number"),
        ("/٤٠٠/300", 404, "", ""),
        ("/400/300px", 400, "a height of 300px", "whole number"),
        ("/4" + "0" * 10_000 + "/300", 400, "a width of 4000", "whole number"),
        ("/400/300.gif", 404, "no pictures in the format gif", "endings are webp"),
        ("/40/30?blur=0", 400, "blur=0 makes no sense", "from 1 to 10"),
        ("/40/30?blur=11", 400, "blur=11", "from 1 to 10"),
        ("/40/30?blur=1.5", 400, "blur=1.5", "from 1 to 10"),
        ("/40/30?fit=<b>", 400, "fit=<b> makes no sense", "crop, or whole"),
        ("/40/30?grayscale=maybe", 400, "grayscale=maybe", "1 or 0"),
        ("/40/30?category=" + "x" * 10_000, 404, "there is no category", ""),
        ("/seed/" + "a" * 10_000 + "/40/30", 414, "longer than 1000 bytes", "take a hash"),
        ("/seed/%ff/40/30", 400, "not UTF-8", "percent"),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(
    client: FlaskClient, address: str, status: int, message: str, hint: str
) -> None:
    answer = client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == status
    error = answer.get_json()["error"]
    assert message in error["message"] and hint in error["hint"]
    assert len(error["message"]) < 200 and answer.headers["Cache-Control"] == "no-store"
    page = client.get(address, headers={"Accept": "text/html"})
    assert page.status_code == status and "<b>" not in page.text


@pytest.mark.parametrize("address", ["/400", "/400/", "/400/300/", "/400/300/200", "/a/b", "/a4/3"])
def test_other_addresses_stay_what_they_were(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("text", ["🦤🦤", "\u202eabc", "<script>", "日本語", "é", "..", "%"])
def test_any_text_has_its_picture(client: FlaskClient, text: str) -> None:
    address = f"/seed/{quote(text, safe='')}/20/20.png"
    assert client.get(address).data == client.get(address).data
    assert picture(client.get(address)).size == (20, 20)


def kept(filled: Filled) -> list[Path]:
    folder = filled.settings.instance_folder / "embeds" / "framed"
    return list(folder.iterdir()) if folder.is_dir() else []


def test_what_is_kept_is_bounded_by_its_share(filled: Filled) -> None:
    """A fourth of the megabytes: what is used longest ago goes; the walls' sizes stay."""
    client = create_app(replace(filled.settings, derivatives_mb=4)).test_client()
    tile = f"/sized/256/{digest(filled.some()[2])[:12]}.webp"
    assert client.get(tile).status_code == 200
    for side in range(200, 230):
        answer = client.get(f"/seed/{side}/{side}/{side}.png?fit=crop")
        assert answer.status_code == 200 and len(answer.data) > 40_000
    on_disk = sum(-(-path.stat().st_size // 4096) * 4096 for path in kept(filled))
    assert 0 < on_disk <= 2**20 and len(kept(filled)) < 30
    folder = filled.settings.instance_folder / "derivatives" / "256"
    assert [path.name for path in folder.iterdir()] == [tile.rpartition("/")[2]]


def test_where_nothing_is_kept_it_is_made_every_time(filled: Filled) -> None:
    client = create_app(replace(filled.settings, derivatives_mb=0)).test_client()
    first, second = (client.get("/seed/a/40/30.png") for _ in range(2))
    assert first.data == second.data and picture(first).size == (40, 30)
    assert not kept(filled)


def test_what_was_kept_is_answered_without_its_original_being_read(
    client: FlaskClient, filled: Filled
) -> None:
    first = client.get("/seed/a/40/30.png")
    (path,) = kept(filled)
    path.write_bytes(b"kept")
    assert client.get("/seed/a/40/30.png").data == b"kept" != first.data


@pytest.mark.parametrize(
    ("colours", "ground"),
    [
        ('wall = "#101010"\nink = "#ffffff"\naccent = "#ffcc00"', (16, 16, 16)),
        ("hue = 145", oklch(0.935, 0.03, 145)),
    ],
)
def test_the_ground_is_the_owners_also_of_what_was_kept_before(
    filled: Filled, tmp_path: Path, colours: str, ground: tuple[int, int, int]
) -> None:
    address = "/seed/anything/60/20.png?fit=whole"
    plain = create_app(filled.settings).test_client().get(address)
    tint = picture(plain).convert("RGB").getpixel((0, 0))
    sheet = tmp_path / "site.toml"
    sheet.write_text(f"[colours]\n{colours}\n")
    client = create_app(replace(filled.settings, site=str(sheet))).test_client()
    owned = client.get(address, headers={"If-None-Match": plain.headers["ETag"]})
    image = picture(owned).convert("RGB")
    assert image.getpixel((0, 0)) == ground != tint
    middle = image.getpixel((30, 10))
    assert isinstance(middle, tuple) and max(middle) > 60  # a print is no black square
    assert owned.headers["ETag"] != plain.headers["ETag"]


def test_only_reading(client: FlaskClient) -> None:
    assert client.post("/40/30").status_code == 405
    assert client.head("/40/30").status_code == 200


def test_where_nothing_is_nothing_is_shown(bare: FlaskClient) -> None:
    for address in ("/40/30", "/seed/a/40/30", "/avatar/a", "/today.webp", "/feed.xml"):
        assert bare.get(address, headers={"Accept": "application/json"}).status_code == 503
