"""On what the shared fixtures put a test's index and pictures: SQLite and a folder, or what
TEST_DATABASE and TEST_STORE name.

    TEST_DATABASE=postgresql TEST_STORE=s3 pytest tests/app tests/store tests/pregen

Each test then has a database of its own on a private PostgreSQL, and a prefix of its own in a
bucket of a private SeaweedFS. What is about the SQLite file itself is marked `sqlite`, what is
about the images folder itself `folder`, and neither is run there.
"""

import os
import secrets
from dataclasses import replace

from core.settings import Settings, read_settings

DATABASE = os.environ.get("TEST_DATABASE", "sqlite")
STORE = os.environ.get("TEST_STORE", "folder")


def scaled(settings: Settings, database: str = DATABASE, store: str = STORE) -> Settings:
    """Return settings with a fresh database and store of the kinds that tests run on."""
    return _in_database(_in_store(settings, store), database)


def _in_store(settings: Settings, store: str) -> Settings:
    if store == "folder":
        return settings
    assert store == "s3", f"TEST_STORE={store} is neither folder nor s3"
    from tests.servers.object_store import BUCKET, shared_object_store

    os.environ.update(shared_object_store().environ)
    # the same bytes and headers as from a folder
    url = f"s3://{BUCKET}/{secrets.token_hex(8)}"
    return replace(settings, store_url=url, store_answers="proxy")


def _in_database(settings: Settings, database: str) -> Settings:
    if database == "sqlite":
        return settings
    assert database == "postgresql", f"TEST_DATABASE={database} is neither sqlite nor postgresql"
    from tests.servers.postgresql import shared_cluster

    url = read_settings({"DATABASE_URL": shared_cluster().create()}).database_url
    return replace(settings, database_url=url)


def drop(settings: Settings) -> None:
    """Remove what `scaled` made."""
    if settings.database_url.startswith("postgresql"):
        from tests.servers.postgresql import shared_cluster

        shared_cluster().drop(settings.database_url)


def empty_again(settings: Settings) -> None:
    """Take an index away, as somebody who deletes the SQLite file."""
    if settings.sqlite_path is not None:
        settings.sqlite_path.unlink()
        return
    from tests.servers.postgresql import shared_cluster

    shared_cluster().drop(settings.database_url)
    shared_cluster().create(settings.database_url)


def in_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that lead another process to the same store and index."""
    return {
        "NONESUCH_IMAGES_FOLDER": str(settings.images_folder),
        "NONESUCH_INSTANCE_FOLDER": str(settings.instance_folder),
        "DATABASE_URL": settings.database_url,
        "STORE_URL": settings.store_url,
        "NONESUCH_STORE_ANSWERS": settings.store_answers,
    }


def run_sql(settings: Settings, statement: str) -> None:
    """Change an index behind the program's back."""
    from sqlalchemy import create_engine

    url = settings.database_url or f"sqlite:///{settings.sqlite_path}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
