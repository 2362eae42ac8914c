"""A picture says what it is nearest to: on its page, in the API and in the game."""

import html
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.rendering.languages import LANGUAGES, LOCALES
from app.rendering.nearest import nearest_html, nearest_text
from core import concept_names
from core.concept_names import FILE, IDS, ConceptNames, language_of
from core.settings import PROJECT, Settings
from sources.curators.chosen_seeds import Chosen, ChosenSeed, Selection, write_chosen
from sources.curators.quality import CandidateScale
from sources.spec.description import read_model
from tests.tiny_model import build_tiny_model

NAMES = {"en": ["duck", "swan"], "de": ["Ente", "Schwan"], "ja": ["アヒル", "<白鳥>"]}


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> FlaskClient:
    """Four pictures of birds and hats that are between a duck and a swan, or no known thing."""
    import numpy as np

    model = read_model(build_tiny_model(tmp_path / "models"))
    with zipfile.ZipFile(model.folder / FILE, "w") as kept:
        kept.writestr(IDS, json.dumps(["1f986", "1f9a2"]))
        for language, names in NAMES.items():
            kept.writestr(f"{language}.json", json.dumps(names))
    scale = CandidateScale(np.zeros(4, np.float32), np.ones(4, np.float32), 1.0)
    near = {"bird": ("1f986", "1f9a2"), "hat": ("1f9a2",)}
    chosen = {
        slug: Selection(tuple(ChosenSeed(900 + k, 0.5, 1.0, near[slug]) for k in range(2)), scale)
        for slug in near
    }
    write_chosen(model, Chosen(model.digest, 100, chosen))
    application = create_app(replace(settings, models_folder=tmp_path / "models"))
    words = ("pregen", "--model", "tiny", "--categories", "bird,hat", "--samples", "2")
    done = application.test_cli_runner().invoke(args=list(words))
    assert done.exit_code == 0, done.output
    return application.test_client()


def said(text: str) -> tuple[str, str] | None:
    found = re.search(r'<p class="nearest"><bdi lang="([^"]+)">(.*?)</bdi></p>', text)
    return (found[1], html.unescape(found[2])) if found else None


def test_on_its_page_in_the_visitors_language(site: FlaskClient) -> None:
    def asked(slug: str, language: str) -> tuple[str, str] | None:
        return said(site.get(f"/c/{slug}/random", headers={"Accept-Language": language}).text)

    assert asked("bird", "en") == ("en", "Somewhere between a duck and a swan.")
    assert asked("bird", "de") == ("de-DE", "Irgendwo zwischen Ente und Schwan.")
    assert asked("bird", "ja") == ("ja-JP", "アヒル – <白鳥>.".removesuffix("."))
    assert asked("hat", "en") == ("en", "Nearest to a swan.")
    page = site.get("/c/bird/random", headers={"Accept-Language": "de"}).text
    kept = html.unescape(re.search(r'href="(/i/[^"]+)">Link to', page)[1])  # type: ignore[index]
    # for good: whoever opens it, in the language of the name it is kept under
    assert said(site.get(kept).text) == ("de-DE", "Irgendwo zwischen Ente und Schwan.")


def test_in_the_api(site: FlaskClient) -> None:
    images = site.get("/api/v1/images?limit=10").get_json()["images"]
    near = {image["category"]["slug"]: image["nearest"] for image in images}
    assert near == {
        "bird": [{"id": "1f986", "name": "duck"}, {"id": "1f9a2", "name": "swan"}],
        "hat": [{"id": "1f9a2", "name": "swan"}],
    }


def test_in_the_games_answer(site: FlaskClient) -> None:
    page = site.get("/play").text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]  # type: ignore[index]
    answer = site.post(
        "/play",
        data={"token": token, "guess": "bird"},
        headers={"Accept": "application/json", "Accept-Language": "en"},
    ).get_json()
    expected = {"bird": "Somewhere between a duck and a swan.", "hat": "Nearest to a swan."}
    assert answer["nearest"] == expected[answer["truth"]]
    assert answer["said"].endswith(answer["nearest"])


def test_without_names_nothing_is_said(site: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "models" / "tiny" / "1" / FILE).unlink()
    assert said(site.get("/c/bird/random").text) is None
    images = site.get("/api/v1/images?limit=1").get_json()["images"]
    assert {near["name"] for near in images[0]["nearest"]} == {None}


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["owl"], "Nearest to an owl."),
        (["locked with key", "tennis"], "Somewhere between locked with key and tennis."),
        (["people hugging"], "Nearest to people hugging."),
        (["glasses", "bread"], "Somewhere between glasses and bread."),
        (["face with tears of joy", "cactus"],
         "Somewhere between a face with tears of joy and a cactus."),
        (["women holding hands", "sheaf of rice"],
         "Somewhere between women holding hands and a sheaf of rice."),
        (["necktie", "jeans"], "Somewhere between a necktie and jeans."),
    ],
)  # fmt: skip
def test_things_that_are_not_counted_have_no_article(names: list[str], text: str) -> None:
    assert nearest_text(names, "en_US") == text


def test_names_are_escaped() -> None:
    assert "<b>" not in nearest_html(["<b>duck</b>"], "en_US")


def test_every_locale_has_a_language_of_the_table() -> None:
    for locale in LOCALES:
        assert language_of(locale) in concept_names.LANGUAGES
    english = {locale for locale in LOCALES if language_of(locale) == "en"}
    assert {each.partition("_")[0] for each in english} == {"en", "tw"}
    assert set(LANGUAGES) - {"in", "iw", "nb", "nn", "tw"} <= set(concept_names.LANGUAGES)


def test_the_shipped_model_names_all_its_concepts_in_every_language() -> None:
    with zipfile.ZipFile(PROJECT / "models" / "emoji" / "3" / FILE) as kept:
        ids = json.loads(kept.read(IDS))
        assert len(ids) > 1100
        for language in concept_names.LANGUAGES:
            names = json.loads(kept.read(f"{language}.json"))
            assert len(names) == len(ids)
            assert all(names)
    names = ConceptNames(PROJECT / "models")
    assert names.of("emoji/3", "1f986 1f9a2", "de_AT") == ["Ente", "Schwan"]
    assert names.of("emoji/3", "1f9d1-1f4bb", "en_GB") == ["technologist"]
    assert names.of("emoji/3", "1f985 1f426", "de_DE") == ["Adler", "Vogel"]
    assert names.of("emoji/3", "1f985 1f426", "de_DE", "bird") == ["Adler"]
    assert names.of("emoji/3", "1f986 unheard-of", "en_US") == []
    assert names.of("../emoji/3", "1f986", "en_US") == []
    assert names.of("emoji/3", None, "en_US") == []
