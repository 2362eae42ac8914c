"""Uploads by the owner, a picture found by any address, and what visitors reported."""

import io

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app import create_app
from app.reporting.reports import REASONS, PictureReports
from store.files.folder_lock import Presence
from store.formats.adoption import original_of
from tests.app.curate.forms import act, csrf_token_of, labels, states
from tests.conftest import Filled

JSON = {"Accept": "application/json"}


def photograph(size: tuple[int, int] = (60, 40), kind: str = "JPEG", **more: object) -> bytes:
    """Return a picture that is red on its left, held sideways, with a position."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned clockwise
    exif[0x010E] = "my garden"
    file = io.BytesIO()
    picture.save(file, kind, exif=exif, **more)
    return file.getvalue()


def send(client: FlaskClient, name: str, data: bytes, word: str | None = None) -> TestResponse:
    form = {
        "word": csrf_token_of(client) if word is None else word,
        "category": name,
        "picture": (io.BytesIO(data), "IMG 1.jpg"),
    }
    return client.post("/curate/upload", data=form, headers=JSON)


def test_an_upload_is_adopted(filled: Filled, owner: FlaskClient) -> None:
    data = photograph()
    done = send(owner, "Rotes Haus", data)
    assert done.status_code == 200, done.text
    told = done.get_json()
    assert told["done"] == "taken" and told["category"] == "rotes_haus"
    visitor = create_app(filled.settings).test_client()
    kept = visitor.get(f"/images/{told['picture']}").data
    assert original_of(kept) and b"garden" not in kept
    with Image.open(io.BytesIO(kept)) as shown:
        assert shown.size == (40, 60)  # the right way up
        upper, lower = shown.convert("RGB").getpixel((20, 8)), shown.getpixel((20, 52))
    assert upper[0] > 200 > 60 > upper[2] and lower[2] > 200  # type: ignore[index]
    assert "Rotes Haus" in visitor.get("/c/rotes_haus").text
    assert send(owner, "rotes haus", data).get_json()["done"] == "there already"
    act(owner, "/curate/reject", picture=told["picture"])
    assert send(owner, "rotes_haus", data).get_json()["done"] == "rejected before"
    assert states(filled, "rotes_haus") == ["rejected"]
    gif = photograph(kind="GIF")
    form = {"word": csrf_token_of(owner), "category": "hat", "picture": (io.BytesIO(gif), "a.gif")}
    answer = owner.post("/curate/upload", data=form)  # without the script
    assert answer.headers["Location"] == "/curate/c/hat?done=taken-1"
    assert "was taken in" in owner.get(answer.headers["Location"]).text
    assert states(filled, "hat") == ["live"] * 6


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (b"no picture", 415, "not a picture that can be read"),
        (photograph((7000, 6000), "PNG"), 413, "it has 42 megapixels, and at most 36 are taken"),
        (b"\xff" * (10 * 10**6 + 70_000), 413, "PNG, JPEG and WebP of up to 10 MB"),
        (b"", 400, "no picture was sent"),
    ],
    ids=["no picture", "too many pixels", "too many bytes", "nothing"],
)
def test_what_is_no_upload(
    filled: Filled, owner: FlaskClient, data: bytes, status: int, said: str
) -> None:
    answer = send(owner, "hat", data)
    assert answer.status_code == status, answer.text
    error = answer.get_json()["error"]
    assert said in f"{error['message']}; {error['hint']}"
    assert states(filled, "hat") == ["live"] * 5


def test_nobody_else_uploads_or_begins_a_job(filled: Filled, owner: FlaskClient) -> None:
    data = photograph()
    assert send(owner, "hat", data, word="0" * 64).status_code == 403
    stranger = create_app(filled.settings).test_client()
    assert send(stranger, "hat", data).status_code == 403
    for path in ("find", "reports", "job"):
        assert stranger.get(f"/curate/{path}", headers=JSON).status_code == 403
    for path in ("job", "dismiss"):
        form = {"word": csrf_token_of(stranger), "act": "top-up"}
        assert stranger.post(f"/curate/{path}", data=form).status_code == 403
    assert states(filled, "hat") == ["live"] * 5
    assert not (filled.settings.instance_folder / "job").exists()
    for name in ("", "a\nb", "x" * 201):
        assert send(owner, name, data).status_code == (200 if name == "a\nb" else 400)


def test_a_box_takes_any_address_and_takes_it_down(filled: Filled, owner: FlaskClient) -> None:
    slug, file, _ = filled.some("hat")
    label = f"{slug}/{file}"
    number = file.partition("-")[2][:12]
    for asked in (
        f"No. {number}", f"https://faces.example/nonesuch/i/{number}?by=ann", label,
        f"/sized/512/{number}.jpg", f"https://x.example/api/v1/images/{number}",
        f"see https://x.example/images/{label}!"[4:],
    ):  # fmt: skip
        text = owner.get("/curate/find", query_string={"q": asked}).text
        assert f'value="{label}"' in text and "on the site" in text, asked
    assert "/sized/{64,128" in text and f"/i/{number}" in text  # what a CDN has to forget
    form = {"word": csrf_token_of(owner), "picture": label, "back": f"/curate/find?q={number}"}
    answer = owner.post("/curate/reject", data=form)
    assert answer.headers["Location"] == f"/curate/find?q={number}&done=rejected-1"
    text = owner.get(answer.headers["Location"]).text
    assert "rejected" in text and "Take it back" in text and "Take it down" not in text
    for asked, to in {
        "Asian  DISH": "asian_dish",
        "https://x.example/a/c/hat?page=2": "hat",
    }.items():
        answer = owner.get("/curate/find", query_string={"q": asked})
        assert answer.headers["Location"] == f"/curate/c/{to}"
    assert owner.get("/curate/find", query_string={"q": "http://["}).status_code == 404
    answer = owner.get("/curate/find", query_string={"q": "<b>x"})
    assert answer.status_code == 404 and "&lt;b&gt;x" in answer.text
    assert owner.get("/curate/find").status_code == 200


def test_a_report_reaches_the_owner_and_says_nothing_of_who(
    filled: Filled, owner: FlaskClient
) -> None:
    visitor = create_app(filled.settings).test_client()
    label, other = labels(filled, "hat")[:2]
    number, second = (each.partition("-")[2][:12] for each in (label, other))
    assert f'href="/i/{number}/report"' in visitor.get(f"/i/{number}").text
    assert "/report" in visitor.get("/").text
    page = visitor.get(f"/i/{number}/report")
    assert all(said in page.text.replace("&#39;", "'") for said in REASONS.values())
    for reason in ("broken", "broken", "mine"):
        sent = visitor.post(f"/i/{number}/report", data={"reason": reason})
        assert sent.status_code == 200 and "will look at it" in sent.text
    assert visitor.post(f"/i/{second}/report", data={"reason": "person"}).status_code == 200
    assert "Reported: 2" in owner.get("/curate").text
    text = owner.get("/curate/reports").text
    assert "2 × It is broken, or not what it says, 1 × It copies a work of mine" in text
    assert text.index(number) < text.index(second)
    if filled.settings.sqlite_path is not None:
        kept = (filled.settings.instance_folder / "reports.sqlite3").read_bytes()
        assert b"127.0.0.1" not in kept
    act(owner, "/curate/reject", picture=label)  # it is not shown, and waits for an undo
    act(owner, "/curate/dismiss", number=[second, "\0", "x" * 40])
    assert "Nothing was reported" in owner.get("/curate/reports").text
    assert visitor.get(f"/i/{number}/report").status_code == 410
    act(owner, "/curate/undo")
    assert number in owner.get("/curate/reports").text
    act(owner, "/curate/dismiss", number=number)
    assert PictureReports(filled.settings).all() == []


@pytest.mark.folder
def test_after_an_upload_nobody_writes_there(filled: Filled, owner: FlaskClient) -> None:
    """A lock that stayed would keep half-written files of crashed runs for good."""
    assert send(owner, "hat", photograph()).status_code == 200
    assert Presence(filled.settings.images_folder).alone()


def test_sixty_more_needs_a_generator(owner: FlaskClient) -> None:
    answer = act(owner, "/curate/job", act="more", category="hat")
    assert answer.status_code == 409, answer.text
    assert "no generator made pictures of hat" in answer.get_json()["error"]["message"]
    assert act(owner, "/curate/job", act="stop").status_code == 409
    assert act(owner, "/curate/job", act="dance").status_code == 400
    assert owner.get("/curate/job").get_json() == {"job": None}


def test_a_former_name_leads_to_the_wall(filled: Filled, owner: FlaskClient) -> None:
    from store.categories.renaming import rename

    instance = filled.settings.instance_folder
    rename(filled.engine, filled.store, instance, "hat", "Fine Headgear")
    filled.engine.dispose()
    for name in ("hat", "Fine Headgear"):
        assert owner.get(f"/curate/c/{name}").headers["Location"] == "/curate/c/fine_headgear"
