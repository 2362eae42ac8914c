"""`/` is uniform over categories, then over pictures; and never writes."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from scipy.stats import chisquare

from app.ops.index_handle import OpenIndex
from core.settings import Settings
from tests.app.conftest import shown
from tests.conftest import Filled

Draw = tuple[str, str]  # category and file
LOWEST_P = 1e-6
PAGE_DRAWS = int(os.environ.get("PAGE_DRAWS", "2000"))  # 100,000 in `make test-long`


def least_p(draws: Iterable[Draw], store: Iterable[Draw]) -> float:
    """Return the lowest p of chi-square over categories and over pictures within each."""
    seen = Counter(draws)
    files = sorted(store)
    categories = sorted({category for category, _ in files})
    by_category = {c: [seen[key] for key in files if key[0] == c] for c in categories}
    tests = [[sum(counts) for counts in by_category.values()], *by_category.values()]
    return min(float(chisquare(counts).pvalue) for counts in tests)


def by_picture(files: list[Draw], random: np.random.Generator) -> Draw:
    """Every picture as likely as any other: categories with more come more often."""
    return files[random.integers(len(files))]


def with_a_favourite(files: list[Draw], random: np.random.Generator) -> Draw:
    """Uniform over categories, but one draw in twenty is the first picture of its category."""
    categories = sorted({category for category, _ in files})
    category = categories[random.integers(len(categories))]
    chosen = [key for key in files if key[0] == category]
    return chosen[0 if random.random() < 0.05 else random.integers(len(chosen))]


@pytest.mark.slow
def test_a_hundred_thousand_draws_are_uniform(filled: Filled) -> None:
    reader = OpenIndex(filled.settings).reader()
    draws = [(p.category, p.file) for p in (reader.pick() for _ in range(100_000)) if p]
    assert len(draws) == 100_000
    assert least_p(draws, filled.files) > LOWEST_P


@pytest.mark.parametrize("picker", [by_picture, with_a_favourite])
def test_a_biased_picker_is_found_out(
    filled: Filled, picker: Callable[[list[Draw], np.random.Generator], Draw]
) -> None:
    random = np.random.default_rng(0)
    files = sorted(filled.files)
    draws = [picker(files, random) for _ in range(100_000)]
    assert least_p(draws, filled.files) < LOWEST_P


def test_the_page_draws_as_the_reader_does(client: FlaskClient, filled: Filled) -> None:
    addresses = [shown(client.get("/"))["picture"] for _ in range(PAGE_DRAWS)]
    draws = [(category, file) for _, _, category, file in (a.split("/") for a in addresses)]
    assert least_p(draws, filled.files) > LOWEST_P


@pytest.mark.sqlite
def test_looking_writes_nothing(client: FlaskClient, settings: Settings) -> None:
    def state() -> dict[str, tuple[str, int]]:
        folders = (settings.instance_folder, settings.images_folder)
        files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        return {str(path): (_digest(path), path.stat().st_mtime_ns) for path in files}

    before = state()
    assert any(name.endswith("index.sqlite3") for name in before)
    for _ in range(200):
        page = shown(client.get("/"))
        for address in (page["picture"], page["permalink"], "/categories", "/i/999999999"):
            assert client.get(address).status_code in (200, 404)
    assert state() == before


def test_a_store_that_cannot_be_written_can_be_shown(filled: Filled) -> None:
    """It is opened so that it refuses, whoever runs the site."""
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    from store.index.database import open_engine

    with (
        open_engine(filled.settings).connect() as connection,
        pytest.raises(DBAPIError, match=r"readonly|read-only"),
    ):
        connection.execute(text("DELETE FROM image"))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
