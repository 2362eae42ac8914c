"""Settings: one frozen dataclass, read from the environment once, in `create_app`."""

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import NonesuchError

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "NONESUCH_"


class BadSetting(NonesuchError):
    """An environment variable that is unknown or out of range."""


def setting(default: Any, about: str) -> Any:
    """A field with its one line of help, which goes into docs/settings.md."""
    return field(default=default, metadata={"help": about})


@dataclass(frozen=True)
class Settings:
    """Every setting of the project, with its default."""

    home: Path = setting(Path("~/.cache/nonesuch"), "folder for data sets, runs and downloads")
    images_folder: Path = setting(PROJECT / "images", "folder of the live pictures")
    instance_folder: Path = setting(
        PROJECT / "instance", "folder of the SQLite index, the key and rejected pictures"
    )
    models_folder: Path = setting(PROJECT / "models", "folder of the generators")
    tfhub_cache_dir: str = setting(
        "", "cache of tensorflow-hub, to look for modules in (variable TFHUB_CACHE_DIR)"
    )
    kagglehub_cache: str = setting(
        "~/.cache/kagglehub",
        "cache of kagglehub, to look for modules in (variable KAGGLEHUB_CACHE)",
    )
    database_url: str = setting(
        "", "index database (variable DATABASE_URL); empty: SQLite in the instance folder"
    )
    secret_key: str = setting(
        "", "key that signs permalinks (variable SECRET_KEY); empty: kept in the instance folder"
    )
    curate_token_hash: str = setting(
        "", "SHA-256 of the owner's token for /curate; empty: kept in the instance folder"
    )
    trusted_hosts: tuple[str, ...] = setting(
        (), "host names that the site answers to, separated by commas; empty: any"
    )
    proxy_count: int = setting(
        0, "proxies in front that set X-Forwarded-For and -Proto and can be trusted; Heroku: 1"
    )
    site_name: str = setting("Nonesuch", "name of the site in titles")
    default_locale: str = setting(
        "en_US", "Faker locale of names where the visitor's language has none"
    )
    picture_max_age_s: int = setting(31_536_000, "seconds that pictures may be cached")
    live_at_once: int = setting(
        1, "live pictures that the whole site makes at the same time; 0: there are none"
    )
    live_waiting: int = setting(
        20, "calls of the whole site that wait for their live picture; the next get 503"
    )
    live_threads: int = setting(
        10, "threads of one worker that live pictures may take; leave some to the pages"
    )
    live_wait_s: float = setting(5.0, "seconds that such a call waits at most")
    live_max_age_s: int = setting(86_400, "seconds that live pictures with a seed may be cached")
    live_serving: tuple[str, ...] = setting(
        (),
        "live models that TensorFlow Serving runs, name=tfserving://host:port/name, by commas",
    )
    derivatives_mb: int = setting(
        256, "megabytes of disk for pictures in other sizes and formats; 0: none are kept"
    )
    seed_max_age_s: int = setting(
        300, "seconds that /seed/ may be cached: as long a rejected picture may be asked for"
    )
    api_calls_per_minute: int = setting(
        600, "calls of /api/v1 that one address may make of one worker; 0: any number"
    )
    busy_timeout_s: float = setting(10.0, "seconds to wait for a locked SQLite index")
    free_space_floor_mb: int = setting(64, "megabytes of disk that pregen leaves free")

    @property
    def sqlite_path(self) -> Path | None:
        """The SQLite file, or None when the index is in another database."""
        return None if self.database_url else self.instance_folder / "index.sqlite3"


_PLAIN_NAMES = {
    "DATABASE_URL": "database_url",
    "KAGGLEHUB_CACHE": "kagglehub_cache",
    "SECRET_KEY": "secret_key",
    "TFHUB_CACHE_DIR": "tfhub_cache_dir",
}


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that an environment gives. Raises `BadSetting`."""
    fields = {f.name: f for f in dataclasses.fields(Settings)}
    values: dict[str, object] = {}
    for variable, text in environ.items():
        if variable in _PLAIN_NAMES:
            values[_PLAIN_NAMES[variable]] = text
            continue
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in fields or name in _PLAIN_NAMES.values():
            close = difflib.get_close_matches(name, fields, n=1)
            hint = f"did you mean {variable_of(close[0])}?" if close else "see docs/settings.md"
            raise BadSetting(f"there is no setting {variable}", hint)
        values[name] = _parse(variable, text, fields[name].default)
    settings = Settings(**values)  # type: ignore[arg-type]
    return dataclasses.replace(
        settings, home=settings.home.expanduser(), database_url=_driver_url(settings.database_url)
    )


def variable_of(name: str) -> str:
    """Return the environment variable of a field."""
    plain = {field_name: variable for variable, field_name in _PLAIN_NAMES.items()}
    return plain.get(name, PREFIX + name.upper())


def _parse(variable: str, text: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"1": True, "0": False}[text]
        if isinstance(default, int | float):
            number = type(default)(text)
        elif isinstance(default, Path):
            return Path(text).expanduser().absolute()
        elif isinstance(default, tuple):
            return tuple(part.strip() for part in text.split(",") if part.strip())
        else:
            return text
    except (ValueError, KeyError) as error:
        raise BadSetting(
            f"{variable}={text!r} is no {type(default).__name__}", f"for example: {default}"
        ) from error
    if number < 0:
        raise BadSetting(f"{variable}={text!r} is below 0", f"for example: {default}")
    return number


def _driver_url(url: str) -> str:
    """Heroku gives ``postgres://``, which SQLAlchemy refuses; psycopg 3 is the driver here."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
