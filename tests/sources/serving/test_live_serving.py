"""Live pictures from TensorFlow Serving: by REST, without TensorFlow in the site."""

import io
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from flask.testing import FlaskClient
from PIL import Image

from app import create_app
from core.settings import PROJECT, Settings
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from store.formats.metadata import read_provenance
from tests.sources.serving.models import CATEGORIES, build_generator
from tests.sources.serving.standin import StandIn, standing_in

JSON = {"Accept": "application/json"}


def client_of(settings: Settings, *served: str) -> FlaskClient:
    return create_app(replace(settings, live_serving=served)).test_client()


def test_the_picture_is_the_servers(standin: StandIn, settings: Settings) -> None:
    client = client_of(settings, f"faces={standin.rest('tiny')}")
    response = client.get("/live/faces.png?seed=5&category=hat")
    assert response.status_code == 200
    local = find_model(settings.models_folder, "tiny")
    drawn = draw(local, 5, local.truncation.default)
    expected = open_source(local, 1).generate(CATEGORIES.index("hat"), [drawn])[0]
    with Image.open(io.BytesIO(response.data)) as image:
        assert np.abs(np.asarray(image).astype(int) - expected).max() <= 1
        origin = read_provenance(image)
    assert origin is not None
    assert (origin.model, origin.category, origin.seed) == ("tiny/1", "hat", 5)
    assert origin.model_digest != local.digest
    pictures = {client.get(f"/live/faces?dummy={i}").data for i in range(8)}
    assert len(pictures) == 8
    assert "/live/faces?dummy=1" in client.get("/live?model=faces").text


def test_a_truncation_for_the_whole_call(standin: StandIn, settings: Settings) -> None:
    client = client_of(settings, f"scalar={standin.rest('scalar')}")
    wild = client.get("/live/scalar.png?seed=1&category=hat&truncation=1").data
    tame = client.get("/live/scalar.png?seed=1&category=hat&truncation=0.1").data
    assert wild != tame


def test_a_server_that_is_away(settings: Settings, served_models: Path) -> None:
    with standing_in(served_models) as server:
        client = client_of(settings, f"tiny={server.rest('tiny')}")
        assert client.get("/live/tiny").status_code == 200
    started = time.monotonic()
    for _ in range(3):
        response = client.get("/live/tiny", headers=JSON)
        assert response.status_code == 503 and response.headers["Retry-After"] == "60"
        assert "127.0.0.1" not in response.text
    assert time.monotonic() - started < 5


def test_a_new_version_on_the_server(settings: Settings, tmp_path: Path) -> None:
    build_generator(tmp_path / "models", "tiny", 1)
    build_generator(tmp_path / "models", "tiny", 2, weights=2)
    with standing_in(tmp_path / "models") as server:
        client = client_of(settings, f"tiny={server.rest('tiny')}")
        first = client.get("/live/tiny?seed=1")
        server.servables.unload("tiny", 2)  # what was the newest is taken back
        assert client.get("/live/tiny?seed=1").status_code == 503
        second = client.get("/live/tiny?seed=1", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200 and second.data != first.data


SITE = """
import json, os, sys
from app import create_app
from core.settings import read_settings
client = create_app(read_settings(os.environ)).test_client()
print(client.get("/live/tiny.png?seed=1").status_code,
      [m for m in ("tensorflow", "ai_edge_litert", "grpc", "keras") if m in sys.modules])
"""


def test_the_site_needs_no_tensorflow(standin: StandIn, settings: Settings) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")}
    done = subprocess.run(
        [sys.executable, "-c", SITE], cwd=PROJECT, capture_output=True, text=True, timeout=300,
        env={
            **kept,
            "NONESUCH_MODELS_FOLDER": str(settings.models_folder),
            "NONESUCH_INSTANCE_FOLDER": str(settings.instance_folder),
            "NONESUCH_LIVE_SERVING": f"tiny={standin.rest('tiny')}",
        },
    )  # fmt: skip
    assert done.stdout == "200 []\n", done.stderr
