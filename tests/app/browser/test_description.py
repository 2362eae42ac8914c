"""What a browser is told of a model, and the files that it is sent."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.browser.description import checksum, is_for_browsers
from app.live.model import LiveModel
from core.settings import PROJECT, Settings
from sources.curators.chosen_seeds import Chosen, ChosenSeed, Selection, write_chosen
from sources.curators.quality import CandidateScale
from sources.registry import find_model, open_source
from tests.app.browser.node import run
from tests.app.browser.packages import put_runtime
from tests.tiny_model import SLUGS

ADDRESS = "/live/files/tiny/description.json"
PART = '\n[[categories]]\nslug = "cap"\nof = "hat"\nconcepts = ["1f9e2"]\n'


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.browser.generators._LOOK_AGAIN_S", 0.0)


@pytest.fixture
def own_models(models: Path, tmp_path: Path) -> Path:
    """The tiny model with chosen seeds, a part of a category, and a hidden category."""
    folder = tmp_path / "models"
    shutil.copytree(models / "tiny", folder / "tiny")
    toml = folder / "tiny" / "1" / "model.toml"
    text = toml.read_text().replace('slug = "bird"', 'slug = "bird"\nhidden = "all alike"')
    toml.write_text(text + PART)
    model = find_model(folder, "tiny")
    seeds = tuple(ChosenSeed(seed, 0.5, 1.0, ()) for seed in (31, 11, 21, 41))
    scale = CandidateScale(np.ones(4, np.float32), np.ones(4, np.float32), 1.0)
    selections = {slug: Selection(seeds, scale) for slug in ("hat", "drink", "bird", "cap")}
    write_chosen(model, Chosen(model.digest, 100, selections))
    return folder


@pytest.fixture
def site(settings: Settings, own_models: Path) -> Flask:
    put_runtime(settings.home)
    application = create_app(replace(settings, models_folder=own_models))
    words = ["pregen", "--model", "tiny", "--categories", "hat,drink,cap", "--samples", "2"]
    done = application.test_cli_runner().invoke(args=words)
    assert done.exit_code == 0, done.output
    return application


@pytest.fixture
def browser(site: Flask) -> FlaskClient:
    return site.test_client()


def described(client: FlaskClient) -> dict[str, Any]:
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def chosen_of(document: dict[str, Any]) -> dict[str, list[int]]:
    return {each["slug"]: [seed for seed, _ in each["chosen"]] for each in document["categories"]}


def test_it_says_how_the_model_is_called(browser: FlaskClient, own_models: Path) -> None:
    document, model = described(browser), find_model(own_models, "tiny")
    assert (document["model"], document["digest"]) == ("tiny/1", model.digest)
    assert [each["name"] for each in document["inputs"]] == [
        "latent",
        "category",
        "style",
        "truncation",
    ]
    assert {each["dtype"] for each in document["inputs"]} == {"float32"}
    assert document["signature"] == "serve_1" and document["finish"] is None
    assert document["output"] == {
        "name": "picture",
        "range": [-1.0, 1.0],
        "rounding": "nearest",
        "layout": "NHWC",
    }
    assert document["truncation"] == {"lowest": 0.02, "highest": 1.0, "default": [0.4, 0.7]}
    hat = next(each for each in document["categories"] if each["slug"] == "hat")
    assert (hat["label"], hat["name"], hat["truncations"]) == (2, "hat", [0.4, 0.7])


def test_chosen_seeds_that_are_not_stored_keep_their_order(browser: FlaskClient) -> None:
    """Two of each category are stored, and a part's seeds count for its whole."""
    document = described(browser)
    assert [each["slug"] for each in document["categories"]] == list(SLUGS)  # no part
    assert chosen_of(document)["drink"] == [21, 41]
    assert chosen_of(document)["hat"] == [21, 41]
    assert document["categories"][2]["chosen"] == [[21, 25], [41, 25]]
    assert chosen_of(document)["bird"] == []  # hidden
    assert [each["slug"] for each in document["categories"] if each["hidden"]] == ["bird"]


def test_what_was_taken_away_is_not_in_it(site: Flask, browser: FlaskClient) -> None:
    def curate(*words: str) -> None:
        done = site.test_cli_runner().invoke(args=["curate", *words])
        assert done.exit_code == 0, done.output

    assert described(browser)["withheld"] == []
    image = next((site.extensions["settings"].images_folder / "hat").glob("31-*"))
    curate("reject", f"hat/{image.name}")
    document = described(browser)
    assert document["withheld"] == [checksum("hat", 31)]
    assert 31 not in chosen_of(document)["hat"]
    curate("category", "off", "drink")
    document = described(browser)
    assert "drink" not in chosen_of(document) and "drink" not in document["drawn_from"]
    assert document["drawn_from"] == ["mammal", "hat", "great_white_shark", "great_white_shark"]


def test_a_seed_alone_means_the_category_that_the_server_draws(
    browser: FlaskClient, own_models: Path
) -> None:
    live = LiveModel(open_source(find_model(own_models, "tiny"), 1), is_remote=False)
    seeds = list(range(200))
    for off in ((), ("drink",), ("mammal", "hat")):
        document = described(browser)
        document["drawn_from"] = _drawn_from(live, frozenset(off))
        found = run(
            """const { Choosing } = await import("./generator/choosing.js");
            const choosing = new Choosing(given.document);
            const { nobody } = await import("./live/wishes.js");
            const slugOf = (seed) => choosing.completed({ ...nobody, seed }).wish.category;
            return given.seeds.map(slugOf);""",
            {"document": document, "seeds": seeds},
        )
        assert found == [
            live.wish(seed, None, None, frozenset(off)).category.slug for seed in seeds
        ]


def _drawn_from(live: LiveModel, off: frozenset[str]) -> list[str]:
    from app.browser.description import _drawn_from as drawn_from

    return drawn_from([each for each in live._model.categories if not each.of], off)


def test_unseen_pictures_are_the_chosen_ones_and_then_any(browser: FlaskClient) -> None:
    document = described(browser)
    document["withheld"] = [checksum("hat", 41)]
    found = run(
        """const { Choosing } = await import("./generator/choosing.js");
        const choosing = new Choosing(given);
        const hats = Array.from({ length: 6 }, () => choosing.unseen("hat", null));
        const any = Array.from({ length: 60 }, () => choosing.unseen(null, 0.8));
        const gone = { seed: 41, category: "hat", truncation: null, towards: null, share: null };
        const wishes = [gone, { ...gone, seed: 1, towards: 41 }, { ...gone, category: "cap" }];
        const failed = wishes.map((wish) => {
          try { return choosing.completed(wish); } catch (error) { return error.message; }
        });
        return { hats, any, failed };""",
        document,
    )
    assert next((each["seed"], each["truncation"]) for each in found["hats"]) == (21, 0.5)
    assert all(each["truncation"] is None for each in found["hats"][1:])
    assert len({each["seed"] for each in found["hats"]}) == 6
    assert {each["truncation"] for each in found["any"]} == {0.8}
    assert {each["category"] for each in found["any"]} == set(SLUGS) - {"bird"}
    taken, unknown = "this picture was removed", "the generator knows no such category"
    assert found["failed"] == [taken, taken, unknown]


def test_its_files_come_whole_and_for_good(browser: FlaskClient) -> None:
    document = described(browser)
    files = [
        document["file"],
        document["runtime"]["core"],
        document["runtime"]["loader"],
        document["runtime"]["program"],
    ]
    for file in files:
        assert "/" not in file["address"]  # beside the description, wherever that is
        answer = browser.get(f"/live/files/tiny/{file['address']}")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Content-Encoding" not in answer.headers
        assert len(answer.data) == file["bytes"]
        assert hashlib.sha256(answer.data).hexdigest() == file["sha256"]
        assert file["sha256"][:12] in file["address"]
    etag = browser.get(f"/live/files/tiny/{files[0]['address']}").headers["ETag"]
    same = {"If-None-Match": etag}
    assert browser.get(f"/live/files/tiny/{files[0]['address']}", headers=same).status_code == 304
    assert browser.get("/live/files/tiny/model.toml").status_code == 404
    assert browser.get("/live/files/tyni/description.json").status_code == 404


def test_texts_are_compressed_where_that_is_taken(browser: FlaskClient) -> None:
    document = described(browser)
    for address in (ADDRESS, f"/live/files/tiny/{document['runtime']['core']['address']}"):
        plain = browser.get(address)
        packed = browser.get(address, headers={"Accept-Encoding": "gzip, br"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("change", "is_possible"),
    [
        (lambda model: model, True),
        (lambda model: replace(model, runtime="savedmodel"), False),
        (lambda model: replace(model, litert_signatures={8: "serve_8"}), False),
        (lambda model: replace(model, inputs=(replace(model.inputs[0], dtype="int64"),)), False),
    ],
)
def test_which_models_browsers_can_run(change: Callable[..., Any], is_possible: bool) -> None:
    assert is_for_browsers(change(find_model(PROJECT / "models", "emoji"))) is is_possible


def test_a_model_that_is_too_large_stays_on_the_server(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.browser.description.MOST_BYTES", 100)
    monkeypatch.setattr("app.browser.offers.MOST_BYTES", 100)
    monkeypatch.setattr("app.browser.generators.BrowserGenerators._identity", lambda *_: object())
    assert browser.get(ADDRESS).status_code == 404
    assert "data-offer" not in browser.get("/live").text


def test_the_page_may_start_workers_and_no_other_page_may(browser: FlaskClient) -> None:
    page = browser.get("/live")
    policy = page.headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy and "unsafe" not in policy
    assert "worker-src" not in browser.get("/").headers["Content-Security-Policy"]
    assert json.loads(browser.get(ADDRESS).text)["runtime"]["version"] == "2.5.3"
    assert f'data-live="{ADDRESS}"' in page.text
