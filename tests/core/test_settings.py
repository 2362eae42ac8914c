"""Settings: from the environment, or one line that says what to type instead."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from core.errors import NonesuchError
from core.settings import BadSetting, Settings, read_settings, variable_of


def test_defaults_and_prefix() -> None:
    assert read_settings({"PATH": "/bin"}).site_name == Settings().site_name
    settings = read_settings(
        {
            "NONESUCH_SITE_NAME": "Sonesuch",
            "NONESUCH_TRUSTED_HOSTS": "a.example, b.example",
            "NONESUCH_FREE_SPACE_FLOOR_MB": "4",
            "DATABASE_URL": "postgres://u:p@db.example/x",
            "SECRET_KEY": "s",
        }
    )
    assert settings.site_name == "Sonesuch"
    assert settings.trusted_hosts == ("a.example", "b.example")
    assert settings.free_space_floor_mb == 4
    assert settings.database_url == "postgresql+psycopg://u:p@db.example/x"
    assert settings.sqlite_path is None
    elsewhere = read_settings({"DATABASE_URL": "sqlite:////var/lib/x.sqlite3"})
    assert elsewhere.sqlite_path == Path("/var/lib/x.sqlite3")
    assert settings.secret_key == "s"


@pytest.mark.parametrize(
    "variable, text, message",
    [
        ("NONESUCH_IMAGE_FOLDER", "x", "did you mean NONESUCH_IMAGES_FOLDER"),
        ("NONESUCH_FREE_SPACE_FLOOR_MB", "much", "is no int"),
        ("NONESUCH_BUSY_TIMEOUT_S", "-1", "is below 0"),
        ("DATABASE_URL", "mysql://u:secret@db.example/x", "is no address of PostgreSQL"),
        ("DATABASE_URL", "index.sqlite3", "is no address of PostgreSQL"),
    ],
)
def test_bad_settings_say_what_to_type(variable: str, text: str, message: str) -> None:
    with pytest.raises(BadSetting, match=message):
        read_settings({variable: text})


def test_plain_variables_have_no_prefix() -> None:
    assert variable_of("database_url") == "DATABASE_URL"
    assert variable_of("home") == "NONESUCH_HOME"
    with pytest.raises(BadSetting):
        read_settings({"NONESUCH_SECRET_KEY": "x"})


_NUMBERS = [f for f in dataclasses.fields(Settings) if isinstance(f.default, int | float)]
_FOLDERS = [f.name for f in dataclasses.fields(Settings) if isinstance(f.default, Path)]
_TEXTS = [f.name for f in dataclasses.fields(Settings) if isinstance(f.default, str | tuple)]


@pytest.mark.parametrize("text", ["", "x", "-1", "nan", "inf", "1e400", "9" * 5000, "1 2"])
@pytest.mark.parametrize("name", [f.name for f in _NUMBERS])
def test_no_number_is_taken_that_makes_no_sense(name: str, text: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({variable_of(name): text})
    said = str(caught.value)
    assert said.startswith(variable_of(name)) and "; for example: " in said
    assert len(said) < 200 and "\n" not in said


@pytest.mark.parametrize("field", _NUMBERS, ids=lambda field: field.name)
def test_bounds_are_what_they_say(field: dataclasses.Field[Any]) -> None:
    for bound, beyond in (("least", -1), ("most", 1)):
        number = field.metadata[bound]
        settings = read_settings({variable_of(field.name): str(number)})
        assert getattr(settings, field.name) == number
        with pytest.raises(BadSetting):
            read_settings({variable_of(field.name): str(number + beyond)})


@pytest.mark.parametrize("text", ["", "/dev/null", "a" * 5000, "~nobody_of_this_name/x"])
@pytest.mark.parametrize("name", _FOLDERS)
def test_no_folder_is_taken_that_can_be_none(name: str, text: str) -> None:
    with pytest.raises(NonesuchError):
        read_settings({variable_of(name): text})


@pytest.mark.parametrize("name", _TEXTS)
def test_no_text_is_taken_that_no_page_could_show(name: str) -> None:
    with pytest.raises(BadSetting, match=f"{variable_of(name)} is no UTF-8"):
        read_settings({variable_of(name): os.fsdecode(b"\xff\xfe")})


@pytest.mark.parametrize(
    "variable, text",
    [
        ("NONESUCH_SITE_NAME", " "),
        ("NONESUCH_SITE_NAME", "two\nlines"),
        ("NONESUCH_SITE_NAME", "x" * 201),
        ("NONESUCH_TRUSTED_HOSTS", "https://example.org"),
        ("NONESUCH_TRUSTED_HOSTS", "example.org,*"),
        ("NONESUCH_CURATE_TOKEN_HASH", "the token itself"),
        ("REDIS_URL", "localhost:6379"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:////"),
    ],
)
def test_texts_are_what_they_are_for(variable: str, text: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings({variable: text})
    assert "for example" in str(caught.value) or "write" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_hosts_as_flask_takes_them() -> None:
    hosts = "example.org,.example.org,localhost:8000,127.0.0.1,[::1]:8000"
    settings = read_settings({"NONESUCH_TRUSTED_HOSTS": hosts})
    assert settings.trusted_hosts == tuple(hosts.split(","))
