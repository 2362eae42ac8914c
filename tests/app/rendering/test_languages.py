"""Accept-Language → locale, and that every locale has names."""

import warnings

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.rendering.languages import LANGUAGES, LOCALES, language_tag, locale_chooser
from app.rendering.names import Names
from core.settings import BadSetting, Settings
from tests.app.conftest import app_with


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("fr", "fr_FR"),  # not fr_BE
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr_FR"),
        ("fr-be", "fr_BE"),
        ("fr-LU", "fr_FR"),
        ("FR-ca", "fr_CA"),
        ("en", "en_US"),
        ("en-GB,en;q=0.9", "en_GB"),
        ("en-ZA", "en_US"),
        ("de-LI", "de_DE"),
        ("pt", "pt_BR"),
        ("pt-PT", "pt_PT"),
        ("es-CL", "es_ES"),
        ("zh", "zh_CN"),
        ("zh-CN", "zh_CN"),
        ("zh-TW", "zh_TW"),
        ("zh-Hant-HK", "zh_TW"),
        ("zh-HK", "zh_TW"),
        ("nb-NO", "no_NO"),
        ("iw", "he_IL"),
        ("ca", "es_CA"),
        ("tlh,eo;q=0.9,de;q=0.1", "de_DE"),
        ("en;q=0.1,ja;q=0.9", "ja_JP"),
        ("ja;q=0,fr;q=0.2", "fr_FR"),
        ("*", "it_IT"),
        ("*,ko;q=0.5", "ko_KR"),
        ("tlh", "it_IT"),
        ("", "it_IT"),
        (",,,;;;q=;=q", "it_IT"),
        ("fr;q=nonsense", "it_IT"),
        ("../../etc/passwd", "it_IT"),
        ("\xff\xfe\x00", "it_IT"),
        ("_", "it_IT"),
        ("x" * 10_000, "it_IT"),
        (",".join(["fr"] * 5000), "it_IT"),
        (",".join(f"x{i}" for i in range(60)) + ",fr", "it_IT"),
    ],
)
def test_a_header_becomes_a_locale(header: str, locale: str) -> None:
    assert locale_chooser("it_IT")(header) == locale


@pytest.mark.parametrize("header", ["x" * 10_000, "\xff\xfe", ";q=,,", "fr;q=1e999", "de;q=-1"])
def test_rubbish_brings_a_page(client: FlaskClient, header: str) -> None:
    response = client.get("/", headers={"Accept-Language": header})
    assert response.status_code == 200


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_every_locale_has_names_that_fit_a_page_and_a_link(locale: str) -> None:
    names = Names()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = {names.draw(locale) for _ in range(100)}
    assert len(drawn) > 30
    assert all(name.strip() and len(name) < 100 and "\n" not in name for name in drawn)


def test_every_language_tag_is_one_for_html() -> None:
    assert language_tag("zh_TW") == "zh-TW"
    assert language_tag("es_CA") == "ca"  # Catalan names under Faker's own name
    assert language_tag("sw") == "sw"
    assert set(LANGUAGES.values()) <= LOCALES


def test_two_workers_tell_different_names() -> None:
    first, second = ([Names().draw("en_US") for _ in range(20)] for _ in range(2))
    assert first != second


def test_the_default_is_a_setting(settings: Settings, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("filled")
    page = app_with(settings, default_locale="ko_KR").test_client().get("/")
    assert '<bdi lang="ko-KR">' in page.text


def test_a_default_without_names_is_refused(settings: Settings) -> None:
    with pytest.raises(BadSetting, match="xx_XX"):
        app_with(settings, default_locale="xx_XX")
    create_app(settings)
