"""`/live`: a new picture at every call, the same one by seed, and 503 where too many ask."""

import html
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

from app import create_app
from app.live.slots import Slots
from core.settings import PROJECT, BadSetting, Settings
from sources.registry import find_model
from sources.runtimes.latents import draw
from sources.runtimes.litert import LiteRTSource
from store.formats.metadata import Provenance, read_provenance
from tests.scaled import in_environment
from tests.tiny_model import SLUGS, build_tiny_model

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_model(folder)
    build_tiny_model(folder, "other", weights=1)
    return folder


@pytest.fixture
def live_settings(settings: Settings, models: Path) -> Settings:
    return replace(settings, models_folder=models)


@pytest.fixture
def live(live_settings: Settings) -> FlaskClient:
    return create_app(live_settings).test_client()


def opened(data: bytes) -> tuple[Image.Image, Provenance]:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    origin = read_provenance(picture)
    assert origin is not None
    return picture, origin


@pytest.mark.parametrize(
    ("address", "media_type", "form"),
    [
        ("/live/tiny?dummy=1", "image/webp", "WEBP"),
        ("/live/tiny.webp", "image/webp", "WEBP"),
        ("/live/tiny.png", "image/png", "PNG"),
    ],
)
def test_every_call_makes_a_new_picture(
    live: FlaskClient, address: str, media_type: str, form: str
) -> None:
    seen = []
    for _ in range(12):
        response = live.get(address)
        assert response.status_code == 200
        assert response.headers["Content-Type"] == media_type
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers
        picture, origin = opened(response.data)
        assert (picture.format, picture.size) == (form, (16, 16))
        assert origin.model == "tiny/1" and origin.category in SLUGS
        seen.append((picture.tobytes(), origin.seed, origin.category))
    assert len({pixels for pixels, _, _ in seen}) == 12
    assert len({category for _, _, category in seen}) > 1


def test_a_picture_says_where_it_can_be_had_again(live: FlaskClient) -> None:
    first = live.get("/live/tiny.png")
    address = first.headers["Content-Location"]
    origin = opened(first.data)[1]
    assert address == f"/live/tiny.png?seed={origin.seed}&category={origin.category}"
    again = live.get(address + "&dummy=7")
    assert again.data == first.data
    assert again.headers["Cache-Control"] == "public, max-age=86400"
    assert again.headers["ETag"].startswith('W/"')


def test_a_seed_means_what_it_means_to_pregen(live: FlaskClient, models: Path) -> None:
    model = find_model(models, "tiny")
    drawn = draw(model, 42, model.truncation.default)
    expected = LiteRTSource(model, 1).generate(SLUGS.index("hat"), [drawn])[0]
    picture, origin = opened(live.get("/live/tiny.png?seed=42&category=hat").data)
    assert (np.asarray(picture) == expected).all()
    assert (origin.seed, origin.category, origin.truncation) == (42, "hat", drawn.truncation)
    assert origin.model_digest == model.digest
    tamer = opened(live.get("/live/tiny.png?seed=42&category=hat&truncation=0.02").data)
    assert tamer[1].truncation == 0.02 and tamer[0].tobytes() != picture.tobytes()


def test_a_seed_alone_means_one_picture(live: FlaskClient) -> None:
    pictures = [live.get("/live/tiny?seed=7").data for _ in range(3)]
    assert len(set(pictures)) == 1
    categories = {opened(live.get(f"/live/tiny?seed={i}").data)[1].category for i in range(40)}
    assert categories == set(SLUGS)
    for _ in range(3):
        response = live.get("/live/tiny?category=bird")
        assert opened(response.data)[1].category == "bird"
        assert response.headers["Cache-Control"] == "no-store"


def test_some_categories_are_live_only_where_they_are_asked_for(
    settings: Settings, tmp_path: Path
) -> None:
    build_tiny_model(tmp_path)
    toml = tmp_path / "tiny" / "1" / "model.toml"
    said = toml.read_text(encoding="utf-8")
    toml.write_text(said.replace('slug = "hat"\n', 'slug = "hat"\nlive = false\n'), "utf-8")
    client = create_app(replace(settings, models_folder=tmp_path)).test_client()
    calls = [f"/live/tiny?seed={i}" for i in range(40)] + ["/live/tiny"] * 20
    seen = {opened(client.get(call).data)[1].category for call in calls}
    assert seen == set(SLUGS) - {"hat"}
    assert opened(client.get("/live/tiny?category=hat").data)[1].category == "hat"


def test_what_is_kept_is_not_sent_again(live: FlaskClient) -> None:
    address = "/live/tiny?seed=1&category=hat"
    etag = live.get(address).headers["ETag"]
    same = live.get(address, headers={"If-None-Match": etag})
    assert same.status_code == 304 and same.data == b""
    assert same.headers["ETag"] == etag and "Content-Type" not in same.headers
    for other in (
        "seed=2&category=hat",
        "seed=1&category=bird",
        "seed=1&category=hat&truncation=1",
    ):
        response = live.get(f"/live/tiny?{other}", headers={"If-None-Match": etag})
        assert response.status_code == 200
    assert live.get("/live/tiny.png?seed=1&category=hat").headers["ETag"] != etag
    assert live.get("/live/other?seed=1&category=hat").headers["ETag"] != etag


def test_a_new_version_is_seen(
    settings: Settings, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.live.models._LOOK_AGAIN_S", 0.0)
    folder = tmp_path / "models"
    shutil.copytree(models / "tiny", folder / "tiny")
    client = create_app(replace(settings, models_folder=folder)).test_client()
    first = client.get("/live/tiny?seed=1")
    shutil.copytree(models / "other" / "1", tmp_path / "2")
    text = (tmp_path / "2" / "model.toml").read_text().replace("version = 1", "version = 2")
    (tmp_path / "2" / "model.toml").write_text(text)
    (tmp_path / "2").rename(folder / "tiny" / "2")
    second = client.get("/live/tiny?seed=1", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200 and second.data != first.data
    assert opened(second.data)[1].model == "other/2"  # as that model.toml has it


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("/live/tyni", 404, "did you mean tiny?"),
        ("/live/..%2ftiny", 404, ""),
        ("/live/" + "x" * 3000, 404, "there is no model"),
        ("/live/tiny.gif", 404, "there are webp and png"),
        ("/live/tiny.webp.png", 404, "there is no model tiny.webp"),
        ("/live/tiny?seed=", 400, "seed= is no whole number"),
        ("/live/tiny?seed=1.5", 400, "seed=1.5 is no whole number"),
        ("/live/tiny?seed=-1", 400, "is no whole number"),
        ("/live/tiny?seed=4294967296", 400, "is no whole number"),
        ("/live/tiny?seed=٣", 400, "is no whole number"),
        ("/live/tiny?seed=" + "1" * 5000, 400, "is no whole number"),
        ("/live/tiny?category=hatt", 404, "did you mean hat?"),
        ("/live/tiny?truncation=much", 400, "truncation=much is no number"),
        ("/live/tiny?truncation=1.5", 400, "tiny takes 0.02 to 1"),
        ("/live/tiny?truncation=nan", 400, "tiny takes 0.02 to 1"),
        ("/live?model=tyni", 404, "did you mean tiny?"),
    ],
)
def test_bad_addresses(live: FlaskClient, address: str, status: int, message: str) -> None:
    response = live.get(address, headers=JSON)
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    error = response.get_json()["error"]
    assert error["status"] == status
    assert message in f"{error['message']}; {error['hint']}"
    assert "<h1>This " in live.get(address, headers={"Accept": "text/html"}).text


def broken(models: Path, folder: Path, change: str) -> Path:
    shutil.copytree(models / "tiny", folder / "tiny")
    weights = folder / "tiny" / "1" / "model.tflite"
    data = bytearray(weights.read_bytes())
    middle = len(data) // 2 // 4 * 4  # amid the weights, which are most of the file
    if change == "nan":
        data[middle : middle + 4096] = b"\x00\x00\xc0\x7f" * 1024
    else:
        del data[middle:]
    weights.write_bytes(data)
    return folder


@pytest.mark.parametrize("change", ["nan", "cut"])
def test_a_broken_model_is_said_in_the_sites_own_way(
    settings: Settings, models: Path, tmp_path: Path, change: str
) -> None:
    folder = broken(models, tmp_path / "models", change)
    client = create_app(replace(settings, models_folder=folder)).test_client()
    for _ in range(2):
        response = client.get("/live/tiny", headers=JSON)
        assert response.status_code == 503
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Retry-After"] == "60"
        assert str(tmp_path) not in response.text
        assert "tiny" in response.get_json()["error"]["message"]


def test_the_page_shows_ten(live: FlaskClient) -> None:
    response = live.get("/live")
    assert response.headers["Cache-Control"] == "no-store"
    found = [html.unescape(src) for src in re.findall(r'<img src="([^"]+)"', response.text)]
    assert found == [f"/live/other?dummy={i}" for i in range(1, 11)]
    assert 'href="/live?model=tiny"' in response.text
    assert "/live/tiny?dummy=1" in live.get("/live?model=tiny").text
    assert 'name="robots" content="index"' in response.text
    assert "noindex" in live.get("/live?model=tiny").text
    assert live.get(found[0]).status_code == 200


def test_nought_at_once_means_no_live_pictures(live_settings: Settings) -> None:
    client = create_app(replace(live_settings, live_at_once=0)).test_client()
    assert client.get("/live").status_code == 404
    assert client.get("/live/tiny").status_code == 404


def test_a_model_without_a_litert_file_is_not_live(
    settings: Settings, models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / "tiny", tmp_path / "models" / "tiny")
    (tmp_path / "models" / "tiny" / "1" / "model.tflite").unlink()
    client = create_app(replace(settings, models_folder=tmp_path / "models")).test_client()
    assert client.get("/live/tiny").status_code == 404
    assert client.get("/live").status_code == 404


@pytest.mark.parametrize("entry", ["tiny", "tiny=", "tiny=http://x/y", "a b=tfserving://x/y"])
def test_a_wrong_setting_is_said_at_the_start(settings: Settings, entry: str) -> None:
    with pytest.raises(BadSetting, match=r"for example: emoji=tfserving://"):
        create_app(replace(settings, live_serving=(entry,)))


PAGES = """
import sys
from app import create_app
from core.settings import read_settings
import os
client = create_app(read_settings(os.environ)).test_client()
answers = [client.get(path).status_code for path in ("/live", "/live/nothing", "/live/tiny.gif")]
heavy = [m for m in ("ai_edge_litert", "numpy", "scipy", "PIL", "sources") if m in sys.modules]
answers.append(client.get("/live/tiny").status_code)
print(answers, heavy, "tensorflow" in sys.modules)
"""


def test_only_a_picture_loads_what_makes_pictures(live_settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PAGES], cwd=PROJECT, capture_output=True, text=True, timeout=120,
        env={
            "PATH": "/usr/bin:/bin",
            "NONESUCH_MODELS_FOLDER": str(live_settings.models_folder),
            **in_environment(live_settings),
        },
    )  # fmt: skip
    assert done.stdout == "[200, 404, 404, 200] [] False\n", done.stderr


def test_the_queue_is_answered_with_503_and_when_to_come_back(live_settings: Settings) -> None:
    client = create_app(replace(live_settings, live_wait_s=0.1)).test_client()
    assert client.get("/live/tiny").status_code == 200
    folder = live_settings.instance_folder
    another_workers = Slots(folder, at_once=1, waiting=2, threads=8, wait_s=5.0)
    with another_workers.slot():
        response = client.get("/live/tiny", headers=JSON)
        page = client.get("/live")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.headers["Cache-Control"] == "no-store"
    assert "too many" in response.get_json()["error"]["message"]
    assert page.status_code == 200
    assert client.get("/live/tiny").status_code == 200
