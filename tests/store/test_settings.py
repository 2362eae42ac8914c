"""Settings: from the environment, or one line that says what to type instead."""

from pathlib import Path

import pytest

from store.settings import BadSetting, Settings, read_settings, variable_of


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
