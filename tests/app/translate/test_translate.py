"""`/translate`: a picture in, the model's picture out; what is no picture gets a clear 4xx."""

import base64
import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app import create_app
from core.settings import PROJECT, Settings
from sources.translators.litert import LiteRTTranslator
from sources.translators.spec import read_translator
from tests.app.translate.photographs import BAD, encoded, photograph
from tests.scaled import in_environment
from tests.tiny_model import build_tiny_model
from tests.tiny_translator import build_tiny_translator

JSON = {"Accept": "application/json"}


BROWSER = {"Accept": "text/html,application/xhtml+xml,image/webp,*/*;q=0.8"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_translator(folder)
    build_tiny_model(folder)
    return folder


@pytest.fixture
def own_models(models: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(models, tmp_path / "models"))


@pytest.fixture
def site(settings: Settings, models: Path) -> FlaskClient:
    return create_app(replace(settings, models_folder=models)).test_client()


def send(
    site: FlaskClient, data: bytes | None, headers: dict[str, str] | None = None,
    address: str = "/translate", **fields: str,
) -> TestResponse:  # fmt: skip
    form: dict[str, object] = dict(fields)
    if data is not None:
        form["picture"] = (io.BytesIO(data), "a.png")
    return site.post(address, data=form, headers=headers or {}, content_type="multipart/form-data")


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def expected(models: Path, square: Image.Image, signature: str) -> np.ndarray:
    """Return what the model makes of a picture that is square and of its size already."""
    runner = LiteRTTranslator(read_translator(models / "tiny_pair" / "1"))
    return runner.translate(signature, np.asarray(square)).astype(int)


@pytest.mark.parametrize("signature", ["a_to_b", "b_to_a"])
def test_a_picture_comes_back_as_the_model_redraws_it(
    site: FlaskClient, models: Path, signature: str
) -> None:
    square = photograph(60, 60).resize((32, 32))
    answer = send(site, encoded(square), direction=signature)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "no-store"
    wanted = expected(models, square, signature)
    np.testing.assert_array_equal(opened(answer.data), wanted)
    other = {"a_to_b": "b_to_a", "b_to_a": "a_to_b"}[signature]
    assert np.abs(opened(answer.data) - expected(models, square, other)).mean() > 20


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_gets_one_clear_answer(site: FlaskClient, name: str) -> None:
    make, status, words = BAD[name]
    data = make()
    answer = send(site, data, JSON)
    assert answer.status_code == status, answer.text
    error = answer.get_json()["error"]
    assert words in error["message"]
    assert error["status"] == status
    assert "up to 10 MB and 36 megapixels" in error["hint"]
    page = send(site, data, BROWSER)
    assert page.status_code == status
    assert page.headers["Content-Type"].startswith("text/html")
    assert words.partition(",")[0].lower() in page.text.lower()
    assert page.headers["Cache-Control"] == "no-store"


def test_a_program_that_names_no_type_reads_why_as_json(site: FlaskClient) -> None:
    assert send(site, b"x").get_json()["error"]["status"] == 415


def test_a_form_without_scripts_gets_a_page_with_both_pictures(
    site: FlaskClient, models: Path
) -> None:
    square = photograph(60, 60).resize((32, 32))
    answer = send(site, encoded(square), BROWSER, direction="b_to_a")
    assert answer.status_code == 200
    taken, made = (
        base64.b64decode(one)
        for one in re.findall(r'src="data:image/\w+;base64,([^"]+)"', answer.text)
    )
    np.testing.assert_array_equal(opened(taken), np.asarray(square))
    np.testing.assert_array_equal(opened(made), expected(models, square, "b_to_a"))
    assert re.search(r'value="b_to_a" checked', answer.text)
    assert "img-src 'self' blob: data:" in answer.headers["Content-Security-Policy"]


def test_the_page_may_use_the_camera_and_no_other_page_may(site: FlaskClient) -> None:
    page = site.get("/translate")
    assert page.status_code == 200
    permissions = page.headers.getlist("Permissions-Policy")
    assert len(permissions) == 1
    assert permissions[0].startswith("camera=(self), geolocation=(), microphone=()")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'nonce-" in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    for other in ("/about", "/translate/none"):
        assert "camera=()" in site.get(other).headers["Permissions-Policy"]
        assert "blob:" not in site.get(other).headers["Content-Security-Policy"]
    assert " style=" not in page.text
    assert "onclick" not in page.text


def test_the_page_says_what_it_was_trained_on(site: FlaskClient) -> None:
    page = site.get("/translate/tiny_pair").text
    assert (
        "It was trained on 12 pictures of round things and 12 of flat things, and has seen nothing "
        "else." in page
    )
    assert page.count('name="direction"') == 2
    assert page.count('name="sample"') == 6
    assert "By A. Painter, MIT." in page
    assert 'enctype="multipart/form-data"' in page


def test_samples_are_shown_and_translated_without_a_file(site: FlaskClient, models: Path) -> None:
    first = site.get("/translate/tiny_pair/1")
    assert (first.status_code, first.headers["Content-Type"]) == (200, "image/webp")
    kept = (models / "tiny_pair" / "1" / "samples" / "a1.webp").read_bytes()
    assert first.data == kept
    by_number = send(site, None, sample="4", direction="a_to_b")
    sent = send(site, (models / "tiny_pair" / "1" / "samples" / "b1.webp").read_bytes(),
                direction="b_to_a")  # fmt: skip
    assert by_number.status_code == 200
    assert by_number.data == sent.data  # a sample brings its own direction
    for wrong in ("7", "0", "x", "-1", "1" * 5000):
        assert send(site, None, JSON, sample=wrong).status_code == 404
    assert site.get("/translate/tiny_pair/7").status_code == 404


def test_directions_and_translators_that_are_not_there(site: FlaskClient) -> None:
    wrong = send(site, encoded(photograph()), JSON, direction="up")
    assert wrong.status_code == 400
    assert wrong.get_json()["error"]["hint"] == "there are: a_to_b, b_to_a"
    missing = site.get("/translate/tiny_pear", headers=JSON)
    assert missing.status_code == 404
    assert missing.get_json()["error"]["hint"] == "did you mean tiny_pair?"
    assert site.get("/translate/tiny").status_code == 404  # a generator redraws nothing
    for odd in ("..", "%2e%2e%2f", "a" * 500):
        assert site.get(f"/translate/{odd}").status_code == 404


def test_without_a_translator_there_is_one_sentence_and_no_link(
    settings: Settings, tmp_path: Path, models: Path
) -> None:
    bare = create_app(replace(settings, models_folder=tmp_path / "none")).test_client()
    for answer in (bare.get("/translate", headers=JSON), send(bare, encoded(photograph()), JSON)):
        assert answer.status_code == 404
        assert answer.get_json()["error"]["message"] == "there is no translator on this site"
    assert 'href="/translate"' not in bare.get("/about").text
    off = create_app(replace(settings, models_folder=models, translate_at_once=0)).test_client()
    assert off.get("/translate").status_code == 404
    assert 'href="/translate"' not in off.get("/about").text
    on = create_app(replace(settings, models_folder=models)).test_client()
    assert 'href="/translate"' in on.get("/about").text


def test_another_pair_is_a_folder(settings: Settings, own_models: Path) -> None:
    shutil.copytree(own_models / "tiny_pair", own_models / "another")
    toml = own_models / "another" / "1" / "model.toml"
    toml.write_text(
        toml.read_text().replace('"tiny_pair"', '"another"').replace("round thi", "long thi")
    )
    site = create_app(replace(settings, models_folder=own_models)).test_client()
    assert "long things" in site.get("/translate").text  # the first by name
    assert 'href="/translate/tiny_pair"' in site.get("/translate").text
    assert "round things" in site.get("/translate/tiny_pair").text
    assert send(site, encoded(photograph()), address="/translate/another").status_code == 200


def test_a_new_version_takes_the_place_of_the_old(
    settings: Settings, own_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.translate.models._LOOK_AGAIN_S", 0.0)
    site = create_app(replace(settings, models_folder=own_models)).test_client()
    before = send(site, encoded(photograph())).data
    build_tiny_translator(own_models, version=2)
    after = send(site, encoded(photograph())).data
    assert np.abs(opened(before) - opened(after)).mean() > 5


@pytest.mark.parametrize("spoil", ["litert", "toml"])
def test_a_broken_translator_is_503_and_its_insides_stay_in_the_log(
    settings: Settings, own_models: Path, spoil: str
) -> None:
    folder = own_models / "tiny_pair" / "1"
    if spoil == "litert":
        (folder / "model.tflite").write_bytes(b"broken")
    else:
        toml = folder / "model.toml"
        toml.write_text(toml.read_text().replace("size_px = 32", 'size_px = "32"'))
    site = create_app(replace(settings, models_folder=own_models)).test_client()
    answer = send(site, encoded(photograph()), JSON)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert str(own_models) not in answer.text


def test_generators_stay_at_live_and_translators_are_not_there(
    site: FlaskClient,
) -> None:
    assert site.get("/live/tiny").status_code == 200
    assert site.get("/live/tiny_pair").status_code == 404
    assert "tiny_pair" not in site.get("/live?model=tiny").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "null"}, 200),  # our own form: pages here send no referrer
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 200),
    ],
)
def test_other_sites_pages_cannot_use_it(
    site: FlaskClient, headers: dict[str, str], status: int
) -> None:
    answer = send(site, encoded(photograph()), headers)
    assert answer.status_code == status, answer.text
    assert "Access-Control-Allow-Origin" not in answer.headers or status != 200


def test_nothing_is_written_and_nothing_heavy_imported_for_the_page(
    settings: Settings, models: Path
) -> None:
    script = """
import os, sys
from app import create_app
site = create_app().test_client()
assert site.get("/translate").status_code == 200
heavy = {"numpy", "PIL", "ai_edge_litert", "tensorflow"} & set(sys.modules)
data = sys.stdin.buffer.read()
def send():
    answer = site.post("/translate", data=data, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 200, answer.text
send()  # imports write what they have compiled
opened = []
def hook(name, details):
    if name == "open" and isinstance(details[0], (str, bytes)):
        if details[2] & (os.O_WRONLY | os.O_RDWR):
            opened.append(str(details[0]))
sys.addaudithook(hook)
send()
print(sorted(heavy), [name for name in opened if "/translate/" not in name])
"""
    settings = replace(settings, models_folder=models)
    # larger than what Flask keeps in memory by itself
    noise = np.random.RandomState(0).randint(0, 256, (600, 600, 3)).astype(np.uint8)
    data = encoded(Image.fromarray(noise))
    assert len(data) > 600_000
    head = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
    data = head + data + b"\r\n--x--\r\n"
    done = subprocess.run(
        [sys.executable, "-c", script], input=data, capture_output=True, cwd=PROJECT,
        env={**in_environment(settings), "NONESUCH_MODELS_FOLDER": str(models)},
    )  # fmt: skip
    assert done.stdout.decode().strip() == "[] []", done.stderr.decode()[-2000:]
