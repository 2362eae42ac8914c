"""Settings: one frozen dataclass, read from the environment once, in `create_app`."""

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.files import NoHome, expanded
from core.licences import CC0, Licences, read_licence
from core.setting_checks import (
    BadSetting,
    check_folder,
    check_hosts,
    check_proxy_headers,
    check_redis,
    check_site_name,
    check_sqlite,
    check_text,
    check_token_hash,
    read_root,
    read_url,
)

__all__ = ["BadSetting", "Settings", "read_settings", "variable_of", "with_database"]

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "NONESUCH_"
SQLITE = "sqlite:///"
DRIVER = "postgresql+psycopg"
NO_DATABASE = (
    "DATABASE_URL is no address of PostgreSQL",
    "for example: postgresql://name:password@host:5432/nonesuch, or leave it out for SQLite",
)


LONGEST_AGE_S = 2**31 - 1  # more is not said to a cache (RFC 9111, 1.2.2)
LONGEST_WAIT_S = 3600
MOST_MB = 10**9
MOST_CALLS = 100_000


def setting(default: Any, about: str, *, least: int = 0, most: int = LONGEST_AGE_S) -> Any:
    """A field with its one line of help, which goes into docs/settings.md, and its bounds."""
    return field(default=default, metadata={"help": about, "least": least, "most": most})


@dataclass(frozen=True)
class Settings:
    """Every setting of the project, with its default."""

    home: Path = setting(
        Path("~/.cache/nonesuch"),
        "folder for data sets, runs and downloads; for a user without a home: `cache` in the "
        "instance folder",
    )
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
    store_url: str = setting(
        "", "bucket of the pictures, s3://bucket/prefix (variable STORE_URL); empty: the folder"
    )
    store_answers: str = setting(
        "redirect",
        "how a bucket's pictures are answered: redirect to it, or proxy: read by the site",
    )
    store_public_url: str = setting(
        "", "address of the bucket's prefix for anybody, such as a CDN's; empty: signed addresses"
    )
    store_link_s: int = setting(
        3600, "seconds that a signed address is valid; the redirect to it is kept half as long"
    )
    store_wait_s: float = setting(
        10.0, "seconds that a bucket that does not answer is tried again", most=LONGEST_WAIT_S
    )
    redis_url: str = setting(
        "",
        "Redis in which all processes and machines count their limits together (variable "
        "REDIS_URL); empty: each worker or machine for itself",
    )
    metrics_token: str = setting(
        "", "token that /metrics asks for, as Authorization: Bearer; empty: there is no /metrics"
    )
    secret_key: str = setting(
        "", "key that signs permalinks (variable SECRET_KEY); empty: kept in the instance folder"
    )
    curate_token_hash: str = setting(
        "", "SHA-256 of the owner's token for /curate; empty: kept in the instance folder"
    )
    url: str = setting(
        "",
        "the site's own address for visitors, https://example.org/pictures: scheme, host and path "
        "of every link; empty: as a request, or what a proxy says of it",
    )
    script_name: str = setting(
        "", "path below which the site lies, where `url` names none (variable SCRIPT_NAME)"
    )
    trusted_hosts: tuple[str, ...] = setting(
        (), "host names that the site answers to, separated by commas; empty: any"
    )
    proxy_count: int = setting(
        0,
        "proxies in front that can be trusted, one behind the other; Heroku: 1, a CDN before it: 2",
        most=100,
    )
    proxy_headers: tuple[str, ...] = setting(
        ("for", "proto"),
        "which of X-Forwarded-For, -Proto, -Host and -Prefix these proxies set: those that none of "
        "them sets, visitors can",
    )
    nginx_files: str = setting(
        "",
        "address at which nginx sends the images folder for the site, /picture-files in "
        "docs/nginx.conf; empty: the site sends large pictures itself",
    )
    site: str = setting(
        "",
        "file that says what the site is called, says and looks like: docs/your-own-site.md; "
        "empty: site.toml in the instance folder",
    )
    site_name: str = setting("", "name of the site; empty: site.toml's, else Nonesuch")
    site_tagline: str = setting("", "line at the foot of every page; empty: site.toml's")
    site_language: str = setting("", "language of the sentence, such as de; empty: site.toml's")
    site_sentence: str = setting(
        "", "sentence of every picture, with {name} for what it shows; empty: site.toml's"
    )
    picture_licence: str = setting(
        f"{CC0.name} {CC0.url}",
        "under which licence generated pictures may be used: name and address; empty: not said",
    )
    adopted_licence: str = setting(
        "", "the same of pictures that were not made here but taken in; empty: not said"
    )
    default_locale: str = setting(
        "en_US", "Faker locale of names where the visitor's language has none"
    )
    picture_max_age_s: int = setting(31_536_000, "seconds that pictures may be cached")
    live_at_once: int = setting(
        1, "live pictures that the whole site makes at the same time; 0: there are none", most=1024
    )
    live_waiting: int = setting(
        20,
        "calls of the whole site that wait for their live picture; the next get 503",
        most=MOST_CALLS,
    )
    live_threads: int = setting(
        10,
        "threads of one worker that live pictures may take; leave some to the pages",
        least=1,
        most=1024,
    )
    live_wait_s: float = setting(5.0, "seconds that such a call waits at most", most=LONGEST_WAIT_S)
    live_max_age_s: int = setting(86_400, "seconds that live pictures with a seed may be cached")
    live_serving: tuple[str, ...] = setting(
        (),
        "live models that TensorFlow Serving runs, name=tfserving://host:port/name, by commas",
    )
    translate_at_once: int = setting(
        1,
        "pictures that one machine translates at the same time; 0: there is no /translate",
        most=1024,
    )
    translate_waiting: int = setting(
        3, "pictures of one machine that wait to be translated; the next get 503", most=MOST_CALLS
    )
    derivatives_mb: int = setting(
        256,
        "megabytes of disk for pictures in other sizes and formats; 0: none are kept",
        most=MOST_MB,
    )
    count_visits: int = setting(
        0,
        "1: count visits, pages and hearts by day, shown in /curate; nothing of who comes is kept",
        most=1,
    )
    seed_max_age_s: int = setting(
        300, "seconds that /seed/ may be cached: as long a rejected picture may be asked for"
    )
    api_calls_per_minute: int = setting(
        600, "calls of /api/v1 that one address may make (of each worker, without Redis); 0: any"
    )
    busy_timeout_s: float = setting(
        10.0, "seconds to wait for a locked SQLite index", most=LONGEST_WAIT_S
    )
    free_space_floor_mb: int = setting(
        64, "megabytes of disk that pregen leaves free", most=MOST_MB
    )

    @property
    def sqlite_path(self) -> Path | None:
        """The SQLite file, or None when the index is in PostgreSQL."""
        if self.database_url.startswith(SQLITE):
            return Path(self.database_url.removeprefix(SQLITE)).absolute()
        return None if self.database_url else self.instance_folder / "index.sqlite3"

    @property
    def embeds_mb(self) -> int:
        """The share of `derivatives_mb` for what other pages ask for in sizes of their own."""
        return self.derivatives_mb // 4

    @property
    def site_file(self) -> Path:
        """The file that says what the site is called, says and looks like; it need not exist."""
        return expanded(Path(self.site)) if self.site else self.instance_folder / "site.toml"

    @property
    def licences(self) -> Licences:
        """Under which licences the pictures may be used. Raises `BadSetting`."""
        return Licences(
            read_licence(variable_of("picture_licence"), self.picture_licence),
            read_licence(variable_of("adopted_licence"), self.adopted_licence),
        )


_PLAIN_NAMES = {
    "DATABASE_URL": "database_url",
    "KAGGLEHUB_CACHE": "kagglehub_cache",
    "REDIS_URL": "redis_url",
    "SCRIPT_NAME": "script_name",
    "SECRET_KEY": "secret_key",
    "STORE_URL": "store_url",
    "TFHUB_CACHE_DIR": "tfhub_cache_dir",
}


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that an environment gives. Raises `BadSetting`."""
    fields = {f.name: f for f in dataclasses.fields(Settings)}
    values: dict[str, object] = {}
    for variable, text in environ.items():
        if variable in _PLAIN_NAMES:
            check_text(variable, text)
            values[_PLAIN_NAMES[variable]] = text
            continue
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in fields or name in _PLAIN_NAMES.values():
            close = difflib.get_close_matches(name, fields, n=1)
            hint = f"did you mean {variable_of(close[0])}?" if close else "see docs/settings.md"
            raise BadSetting(f"there is no setting {variable}", hint)
        values[name] = _parse(variable, text, fields[name])
    settings = Settings(**values)  # type: ignore[arg-type]
    settings = dataclasses.replace(
        settings, home=_home(settings), database_url=_driver_url(settings.database_url)
    )
    if settings.site_name:
        check_site_name(settings.site_name)
    read_url(settings.url)
    read_root(settings.script_name)
    check_hosts(settings.trusted_hosts)
    check_proxy_headers(settings.proxy_headers)
    check_token_hash(settings.curate_token_hash)
    check_redis(settings.redis_url)
    _ = settings.licences  # which they have to be
    check_sqlite(settings.sqlite_path)
    return settings


def _home(settings: Settings) -> Path:
    """Return the folder of data sets; some containers run as a user that the system lacks."""
    try:
        return expanded(settings.home)
    except NoHome:
        return settings.instance_folder / "cache"


def with_database(settings: Settings, url: str) -> Settings:
    """Return settings with another index. Raises `BadSetting`."""
    return dataclasses.replace(settings, database_url=_driver_url(url))


def variable_of(name: str) -> str:
    """Return the environment variable of a field."""
    plain = {field_name: variable for variable, field_name in _PLAIN_NAMES.items()}
    return plain.get(name, PREFIX + name.upper())


def _parse(variable: str, text: str, given: "dataclasses.Field[Any]") -> object:
    default = given.default
    kind: Any = type(default)
    try:
        if isinstance(default, int | float):
            return _bounded(variable, kind(text), given)
    except (ValueError, OverflowError) as error:
        raise BadSetting(
            f"{variable}={text[:40]!r} is no {kind.__name__}", f"for example: {default}"
        ) from error
    if isinstance(default, Path):
        if not text:
            raise BadSetting(f"{variable} is empty", "name a folder, or unset it")
        path = expanded(text).absolute()
        check_folder(variable, path)
        return path
    check_text(variable, text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _bounded(variable: str, number: float, given: "dataclasses.Field[Any]") -> float:
    """Return a number within the bounds of its setting. Raises `BadSetting`, ValueError."""
    least, most = given.metadata["least"], given.metadata["most"]
    hint = f"for example: {given.default}"
    if number != number:
        raise ValueError("nan")
    if number < least:
        raise BadSetting(f"{variable}={number} is below {least}", hint)
    if number > most:
        raise BadSetting(f"{variable}={number:g} is above {most}", hint)
    return number


def _driver_url(url: str) -> str:
    """Heroku gives ``postgres://``, which SQLAlchemy refuses; psycopg 3 is the driver here.

    Raises `BadSetting`, without the password that an address may hold.
    """
    scheme, found, rest = url.partition("://")
    if found and scheme in ("postgres", "postgresql", DRIVER):
        return f"{DRIVER}://{rest}"
    if url and not url.startswith(SQLITE):
        raise BadSetting(*NO_DATABASE)
    return url
