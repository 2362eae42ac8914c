"""Several runs of pregen and an owner who curates, at the same time, over one PostgreSQL."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.settings import Settings, read_settings
from store.curation.reject import reject_images
from store.files.opening import open_pictures
from store.index.database import open_engine
from store.index.migrating import upgrade
from store.index.states import LIVE, REJECTED
from store.index.tables import category, image
from tests import scaled
from tests.pregen.filling.test_kill import environment
from tests.store.index.test_index import assert_dense

WORDS = ["pregen", "--model", "tiny", "--categories", "3", "--samples", "80", "--threads", "1"]


@pytest.fixture
def settings(tmp_path: Path, models: Path) -> Iterator[Settings]:
    """On PostgreSQL, whatever the other tests run on: SQLite lets one write at a time."""
    variables = {
        "NONESUCH_HOME": str(tmp_path / "home"),
        "NONESUCH_IMAGES_FOLDER": str(tmp_path / "images"),
        "NONESUCH_INSTANCE_FOLDER": str(tmp_path / "instance"),
        "NONESUCH_MODELS_FOLDER": str(models),
    }
    settings = scaled.scaled(read_settings(variables), "postgresql")
    yield settings
    scaled.drop(settings)


def test_two_runs_and_an_owner_at_once(settings: Settings, tmp_path: Path) -> None:
    engine = open_engine(settings, write=True)
    upgrade(engine)
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "flask", *WORDS],
            env=environment(settings, tmp_path),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    chance = random.Random(0)
    pictures = open_pictures(settings)
    thrown: set[int] = set()
    until = time.monotonic() + 240
    while any(run.poll() is None for run in runs):
        assert time.monotonic() < until
        with engine.connect() as connection:
            live = connection.execute(select(image.c.id).where(image.c.state == LIVE)).scalars()
            found = list(live)
        if len(thrown) < 20 and found:
            some = [chance.choice(found)]
            assert reject_images(engine, pictures, settings.instance_folder, some) == 1
            thrown.update(some)
        time.sleep(0.05)
    for run in runs:
        output, _ = run.communicate()
        assert run.returncode == 0, output
    assert thrown
    assert_dense(engine)
    with engine.connect() as connection:
        rows = connection.execute(
            select(image.c.id, category.c.slug, image.c.seed, image.c.state).join(category)
        ).all()
    assert {row.id for row in rows if row.state == REJECTED} == thrown
    assert len({(row.slug, row.seed) for row in rows}) == len(rows)  # none twice
    # a run planned before something was thrown out makes no more than it planned
    counts = Counter(row.slug for row in rows)
    assert len(counts) == 3 and all(number >= 80 for number in counts.values())
    checked = subprocess.run(
        [sys.executable, "-m", "flask", "verify"],
        env=environment(settings, tmp_path), capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
