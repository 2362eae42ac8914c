"""A store and an index in a temporary folder, brought up by the real migrations."""

import os
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select

from core.settings import Settings
from store.files.opening import open_pictures
from store.files.protocol import PictureStore, digest, file_name
from store.formats.encoding import encode, find_format
from store.formats.metadata import Provenance
from store.index.database import open_engine
from store.index.migrating import upgrade
from store.index.tables import image
from store.index.writes import NewImage, add_images, ensure_category, retire_image
from tests import quick, scaled
from tests.made_once import FOLDER

NAMES = {"mammal": "mammal", "asian_dish": "Asian dish", "hat": "hat", "fish_2": "fish & chips"}
# different numbers, so that a picker that weighs by pictures shows
COUNTS = {"mammal": 7, "asian_dish": 3, "hat": 5, "fish_2": 4}


def pytest_configure(config: pytest.Config) -> None:
    # Tests that run in the background would hand on to each command that SIGINT is ignored. Setting
    # it in the child instead (preexec_fn) makes a real fork, and one of 40 dies in gRPC's threads.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if quick.QUICK:
        config.pluginmanager.register(quick)
    if FOLDER not in os.environ:  # workers have it from the process that starts them
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="nonesuch-tests-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = {
        "long": os.environ.get("LONG") != "1",
        "slow": quick.QUICK,
        "internet": "INTERNET" not in os.environ,
        "torch": "TORCH_PYTHON" not in os.environ,
        "sqlite": scaled.DATABASE != "sqlite",
        "folder": scaled.STORE != "folder",
    }
    for marker in (name for name, out in left_out.items() if out):
        marked = [item for item in items if item.get_closest_marker(marker)]
        config.hook.pytest_deselected(items=marked)
        items[:] = [item for item in items if item not in marked]


def settings_in(folder: Path) -> Settings:
    return scaled.scaled(
        Settings(
            home=folder / "home",
            images_folder=folder / "images",
            instance_folder=folder / "instance",
        )
    )


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = settings_in(tmp_path)
    yield settings
    scaled.drop(settings)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file of an index without pictures; copied, which is quicker than migrating."""
    settings = Settings(instance_folder=tmp_path_factory.mktemp("migrated"))
    engine = open_engine(settings, write=True)
    upgrade(engine)
    engine.dispose()
    assert settings.sqlite_path is not None
    return settings.sqlite_path


@pytest.fixture
def index(settings: Settings, migrated: Path) -> Iterator[Engine]:
    """An index at this program's migration, without pictures."""
    if settings.sqlite_path is not None:
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(migrated, settings.sqlite_path)
    engine = open_engine(settings, write=True)
    if settings.sqlite_path is None:
        upgrade(engine)
    yield engine
    engine.dispose()


@dataclass
class Filled:
    """A store with a few small pictures, and what is in it."""

    settings: Settings
    engine: Engine
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)  # (category, file) → bytes

    def add(self, category: str, files: dict[str, bytes]) -> None:
        """Put files into store and index under any names."""
        self.store.prepare([category], 0)
        self.store.put_all(category, files)
        rows = [
            NewImage(file, digest(data), len(data), 16, 16, "webp") for file, data in files.items()
        ]
        with self.engine.begin() as connection:
            known = ensure_category(connection, category, NAMES.get(category, category))
            add_images(connection, known, rows)
        self.files |= {(category, file): data for file, data in files.items()}

    def retire(self, file: str, state: str) -> None:
        """Take a picture out of the draw; its file stays where it is."""
        with self.engine.begin() as connection:
            found = connection.execute(select(image.c.id).where(image.c.file == file)).scalar_one()
            assert retire_image(connection, found, state)

    def some(self, category: str = "mammal") -> tuple[str, str, bytes]:
        """Return category, file and bytes of one picture."""
        return next((c, f, data) for (c, f), data in self.files.items() if c == category)

    @property
    def store(self) -> PictureStore:
        """The pictures, in a folder or a bucket."""
        return open_pictures(self.settings)

    def path(self, category: str, file: str) -> Path:
        """Where a picture is, in a folder."""
        return self.settings.images_folder / category / file


@cache
def small_picture(seed: int, category: str = "mammal", picture_format: str = "webp") -> bytes:
    """Return the encoded bytes of noise, 16 px."""
    pixels = np.random.RandomState(seed).randint(0, 256, (16, 16, 3)).astype(np.uint8)
    origin = Provenance("tiny/1", "0" * 64, category, seed, 0.5, "0" * 16)
    return encode(pixels, find_format(picture_format), origin)


def fill(settings: Settings, index: Engine) -> Filled:
    """Put a few pictures of each category into a store."""
    store = Filled(settings, index)
    seeds = count(1)
    for category, number in COUNTS.items():
        encoded = [(seed, small_picture(seed, category)) for seed in islice(seeds, number)]
        store.add(category, {file_name(seed, digest(data), "webp"): data for seed, data in encoded})
    return store


@pytest.fixture(scope="session")
def filled_once(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """What each test's store and index begin as, in a folder and in SQLite."""
    folder = tmp_path_factory.mktemp("filled")
    settings = Settings(images_folder=folder / "images", instance_folder=folder / "instance")
    assert settings.sqlite_path is not None
    settings.instance_folder.mkdir()
    shutil.copy(migrated, settings.sqlite_path)
    return fill(settings, open_engine(settings, write=True))


@pytest.fixture
def filled(settings: Settings, index: Engine, filled_once: Filled) -> Filled:
    """A store with a few small pictures; copied, which is quicker than filling it, if it can be."""
    if settings.sqlite_path is None or settings.store_url:
        return fill(settings, index)
    once = filled_once.settings
    shutil.copytree(once.images_folder, settings.images_folder)
    assert once.sqlite_path is not None
    with (
        closing(sqlite3.connect(once.sqlite_path)) as source,
        closing(index.raw_connection()) as target,
    ):
        assert isinstance(target.driver_connection, sqlite3.Connection)
        source.backup(target.driver_connection)
    return Filled(settings, index, dict(filled_once.files))
