"""`flask curate` understands what a complaint names, and takes what holds the same bytes along."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select, update

from app import create_app
from store.files.protocol import digest
from store.formats.encoding import encode_image, find_format
from store.index.states import LIVE, MISSING, REJECTED
from store.index.tables import image
from tests.app.curate.forms import act, labels, states
from tests.app.curate.test_cli import set_hashes
from tests.conftest import Filled, small_picture

Run = Callable[..., Result]


@pytest.fixture
def run(filled: Filled) -> Run:
    application = create_app(filled.settings)
    return lambda *words: application.test_cli_runner().invoke(args=[*map(str, words)])


@pytest.mark.parametrize(
    "name",
    [
        "{hash}", "{HASH}", "{sha256}", "No. {hash}", "no {hash}", "No.{hash}.", "№ {hash}",
        "#{hash}", "#p{hash}", "{label}", " {label} ", "(No. {hash})",
        "/i/{hash}", "/i/{hash}/", "/i/{hash}?by=abc.def", "/i/{hash}?in=category",
        "https://site.example/i/{hash}?by=abc.def", "<https://site.example/i/{HASH}>,",
        "https://somebody.github.io/x/i/{hash}/", "http://localhost:8000/x/i/{hash}/index.html",
        "https://site.example/i/{hash}).",
        "/sized/512/{hash}.jpg", "https://site.example/sized/64/{hash}.webp?x=1",
        "/api/v1/images/{hash}", "https://site.example/api/v1/images/{sha256}",
        "/c/hat#p{hash}", "https://site.example/c/hat?page=3#p{hash}", "/gallery#p{hash}",
        "https://site.example/x/c/hat/2/#p{hash}", "/favourites?ids=1,2#p{hash}",
        "/images/{label}", "/images/{label}?v={hash}", "https://site.example/x/images/{label}",
        "/curate/aside/live/{label}", "/random/images/{label}", "https://site.example/images/%68at/{file}",
        "/srv/site/images/{label}",
    ],
)  # fmt: skip
def test_a_picture_has_many_names(filled: Filled, run: Run, name: str) -> None:
    slug, file, data = filled.some("hat")
    sha256 = digest(data)
    short = sha256[:12]
    word = name.format(
        hash=short, HASH=short.upper(), sha256=sha256, label=f"{slug}/{file}", file=file
    )
    done = run("curate", "reject", word)
    assert done.exit_code == 0 and "rejected 1 of 1 pictures" in done.output, done.output
    assert states(filled, "hat") == [REJECTED, *[LIVE] * 4]
    assert "would restore 1 of 1" in run("curate", "restore", word, "--dry-run").output
    assert "restored 1 of 1 pictures" in run("curate", "restore", word).output
    assert states(filled, "hat") == [LIVE] * 5


@pytest.mark.parametrize(
    "address", ["/images/{label}", "/sized/512/{hash}.jpg", "/sized/64/{hash}.png"]
)
@pytest.mark.parametrize("name", ["as it came.bin", "{hash}.jpg", "{hash} (1).webp"])
def test_a_file_means_what_it_holds(
    filled: Filled, run: Run, tmp_path: Path, address: str, name: str
) -> None:
    """As a visitor saved it, whatever it is called."""
    with filled.engine.begin() as connection:  # what `flask index` reads from each file
        for file in connection.execute(select(image.c.file)).scalars().all():
            origin = {"model_digest": "0" * 64, "seed": int(file.partition("-")[0])}
            connection.execute(update(image).where(image.c.file == file).values(**origin))
    slug, file, data = filled.some("hat")
    short = digest(data)[:12]
    place = address.format(label=f"{slug}/{file}", hash=short)
    saved = tmp_path / name.format(hash=short)
    saved.write_bytes(create_app(filled.settings).test_client().get(place).data)
    done = run("curate", "reject", saved)
    assert done.exit_code == 0 and "rejected 1 of 1 pictures" in done.output, done.output
    assert states(filled, "hat") == [REJECTED, *[LIVE] * 4]


@pytest.mark.folder
def test_a_file_of_the_store_means_its_place(
    filled: Filled, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been changed by hand."""
    slug, file, _ = filled.some("hat")
    filled.path(slug, file).write_bytes(small_picture(99))
    monkeypatch.chdir(filled.settings.images_folder)
    assert "rejected 1 of 1 pictures" in run("curate", "reject", f"{slug}/{file}").output
    assert states(filled, "hat") == [REJECTED, *[LIVE] * 4]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("/", "shows one picture now and another later"),
        ("https://site.example/", "shows one picture now and another later"),
        ("https://site.example/?walk=0f1e2d3c4b5a00000000.3", "open it, and take the number"),
        ("/seed/anna.webp", "shows one picture now and another later"),
        ("/c/hat/seed/anna/256.png", "shows one picture now and another later"),
        ("https://site.example/random.webp", "shows one picture now and another later"),
        ("/play/picture/abc", "shows one picture now and another later"),
        ("/live/emoji?seed=1&category=hat", "is not in the store"),
        ("/morphs/hat-0f1e2d3c4b5a.webp", "flask morphs --replace"),
        ("/c/hat", "there is no picture"),
        ("/favourites?ids=0f1e2d3c4b5a,0f1e2d3c4b5b", "there is no picture"),
        ("No. 0f1e2d3c4b5", "there is no picture"),
        ("https://[::1/i/0f1e2d3c4b5a", "there is no picture"),
        ("hat/" + "x" * 5000 + ".webp", "there is no picture"),
        ("", "there is no picture"),
    ],
)
def test_what_means_no_picture_is_said_in_one_line(
    filled: Filled, run: Run, word: str, says: str
) -> None:
    done = run("curate", "reject", word)
    assert done.exit_code == 1 and says in done.output, done.output
    assert len(done.output.splitlines()) == 1
    assert states(filled, "hat") == [LIVE] * 5


def test_a_file_that_no_picture_is_like(filled: Filled, run: Run, tmp_path: Path) -> None:
    for name, data in {"other.webp": small_picture(1234), "a.txt": b"no picture"}.items():
        (tmp_path / name).write_bytes(data)
        done = run("curate", "reject", tmp_path / name)
        assert done.exit_code == 1 and "there is no picture" in done.output
        assert len(done.output.splitlines()) == 1
    assert states(filled, "hat") == [LIVE] * 5


def adopt(filled: Filled, run: Run, *labels: str, seed: int = 500) -> bytes:
    """Put one file into the store under several names, and index it."""
    pixels = np.random.RandomState(seed).randint(0, 256, (16, 16, 3)).astype(np.uint8)
    data = encode_image(Image.fromarray(pixels), find_format("webp"), b"")
    for label in labels:
        slug, _, file = label.partition("/")
        filled.store.prepare([slug], 0)
        filled.store.put_all(slug, {file: data})
    assert run("index").exit_code == 0
    return data


def test_what_holds_the_same_bytes_goes_and_comes_along(filled: Filled, run: Run) -> None:
    adopt(filled, run, "hat/mine.webp", "hat/again.webp", "mammal/mine.webp")
    visitor = create_app(filled.settings).test_client()
    addresses = [f"/images/{each}" for each in ("hat/mine.webp", "hat/again.webp",
                                                "mammal/mine.webp")]  # fmt: skip
    assert {visitor.get(address).status_code for address in addresses} == {200}
    dry = run("curate", "reject", "hat/mine.webp", "--dry-run")
    assert "would reject 1 of 1 pictures, and what holds the same bytes: " in dry.output
    done = run("curate", "reject", "hat/mine.webp")
    assert "hat/again.webp" in done.output and "mammal/mine.webp" in done.output
    assert {visitor.get(address).status_code for address in addresses} == {410}
    assert run("verify").exit_code == 0
    assert run("index").exit_code == 0 and "new" not in run("index").output
    assert {visitor.get(address).status_code for address in addresses} == {410}
    done = run("curate", "restore", "mammal/mine.webp")
    assert "restored 1 of 1 pictures, and what holds the same bytes: " in done.output
    assert {visitor.get(address).status_code for address in addresses} == {200}
    run("curate", "reject", "hat/again.webp")
    assert "reject 3 pictures" in run("curate", "undo").output
    assert {visitor.get(address).status_code for address in addresses} == {200}


def test_what_was_put_in_its_place_goes_wherever_it_is(filled: Filled, run: Run) -> None:
    """A file moved over another one: what the owner sees there is what leaves the site."""
    adopt(filled, run, "hat/mine.webp", seed=500)
    adopt(filled, run, "mammal/other.webp", seed=501)
    folder = filled.settings.images_folder
    (folder / "hat" / "mine.webp").replace(folder / "mammal" / "other.webp")
    assert run("curate", "reject", "mammal/other.webp").exit_code == 0
    visitor = create_app(filled.settings).test_client()
    for address in ("/images/hat/mine.webp", "/images/mammal/other.webp"):
        assert visitor.get(address).status_code == 410
    assert run("index").exit_code == 0
    assert states(filled, "hat") == [*[LIVE] * 5, REJECTED]
    assert run("curate", "undo").exit_code == 0
    assert visitor.get("/images/mammal/other.webp").status_code == 200
    assert states(filled, "hat") == [*[LIVE] * 5, MISSING]  # its bytes are no longer rejected


def test_on_the_owners_pages_too(filled: Filled, run: Run, owner: FlaskClient) -> None:
    adopt(filled, run, "hat/mine.webp", "mammal/mine.webp")
    answer = act(owner, "/curate/reject", picture="hat/mine.webp")
    assert sorted(answer.get_json()["pictures"]) == ["hat/mine.webp", "mammal/mine.webp"]
    assert answer.get_json()["count"] == 2


def test_near_duplicates_never_take_along_what_is_to_stay(
    filled: Filled, run: Run, owner: FlaskClient
) -> None:
    """Copies go together, and of each group one stays."""
    adopt(filled, run, "mammal/0.webp", seed=501)
    adopt(filled, run, "hat/a.webp", "hat/b.webp", "mammal/a.webp", seed=500)
    adopt(filled, run, "hat/c.webp", seed=501)
    far = [f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}" for n in range(1, 9)]
    set_hashes(filled, "asian_dish", far[:3])
    set_hashes(filled, "fish_2", far[:4])
    set_hashes(filled, "hat", [*far[:5], "0" * 16, "0" * 16, "0" * 15 + "1"])
    set_hashes(filled, "mammal", [*far[:7], "0" * 16, "0" * 15 + "1"])
    page = owner.get("/curate/duplicates").text
    assert page.count("checked") == 2  # of hats the near one, of mammals one
    done = run("curate", "duplicates", "--reject")
    assert done.exit_code == 0
    assert "3 stay: the same bytes are shown elsewhere" in done.stderr
    assert REJECTED not in states(filled, "hat") + states(filled, "mammal")
    # where all its copies are superfluous, it goes with them
    set_hashes(filled, "hat", [*far[:4], "0" * 15 + "2", *["0" * 16] * 2, "0" * 15 + "1"])
    set_hashes(filled, "mammal", [*far[:6], "0" * 15 + "2", "0" * 16, "0" * 15 + "1"])
    assert "rejected 5 near-duplicates" in run("curate", "duplicates", "--reject").stderr
    assert labels(filled, "hat")
    assert states(filled, "hat").count(LIVE) == 5 and states(filled, "mammal").count(LIVE) == 7


def test_what_is_off_is_rejected_too(filled: Filled, run: Run) -> None:
    """Else it would be shown again when its category is switched on."""
    data = adopt(filled, run, "hat/mine.webp", "mammal/mine.webp")
    visitor = create_app(filled.settings).test_client()
    short = digest(data)[:12]
    assert run("curate", "category", "off", "mammal").exit_code == 0
    assert "mammal/mine.webp" in run("curate", "reject", "hat/mine.webp").output
    assert "rejected 1 of 1" in run("curate", "reject", labels(filled, "mammal")[0]).output
    assert "6 pictures are back" in run("curate", "category", "on", "mammal").output
    assert states(filled, "mammal") == [REJECTED, *[LIVE] * 6, REJECTED]
    for address in (f"/i/{short}", "/images/mammal/mine.webp", f"/sized/64/{short}.png"):
        assert visitor.get(address).status_code == 410, address
    verified = run("verify")
    assert verified.exit_code == 0, verified.output
    assert "restored 1 of 1" in run("curate", "restore", "mammal/mine.webp").output
    assert visitor.get("/images/mammal/mine.webp").status_code == 200
    assert run("verify").exit_code == 0
