"""The report per category: figures that can be counted by hand, and what it suggests."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from store.curation.report import CategoryReport, report
from store.files.protocol import digest
from store.index.database import writing
from store.index.states import MISSING, REJECTED
from store.index.tables import image
from store.index.writes import NewImage, add_images, ensure_category, hide_category, retire_image


def add(engine: Engine, slug: str, pictures: list[tuple[float, str, bool]]) -> None:
    """Add pictures of (truncation, perceptual hash, rejected)."""
    with writing(engine) as connection:
        category_id = ensure_category(connection, slug, slug)
        for i, (truncation, phash, rejected) in enumerate(pictures):
            file = f"{i}.webp"
            add_images(connection, category_id, [
                NewImage(file, digest(f"{slug}{i}".encode()), 1, 64, 64, "webp", phash, "m/1",
                         "0" * 64, i, truncation)
            ])  # fmt: skip
            if rejected:
                where = (image.c.category_id == category_id) & (image.c.file == file)
                row = connection.execute(image.select().where(where)).one()
                retire_image(connection, row.id, REJECTED)


def report_of(engine: Engine, slug: str) -> CategoryReport:
    with engine.connect() as connection:
        (found,) = report(connection, [slug])
    return found


def hashes(count: int, seed: int = 0) -> list[str]:
    chance = random.Random(seed)
    return [f"{chance.getrandbits(64):016x}" for _ in range(count)]


def test_counts(index: Engine) -> None:
    add(index, "hat", [
        (0.5, "0" * 16, False), (0.6, "0" * 15 + "f", False), (0.7, "f" * 16, False),
        (0.5, "f" * 16, True), (0.52, "not a hash", False),
    ])  # fmt: skip
    with writing(index) as connection:
        where = image.c.file == "2.webp"
        gone = connection.execute(image.select().where(where)).one()
        retire_image(connection, gone.id, MISSING)
    found = report_of(index, "hat")
    assert found == CategoryReport(
        slug="hat", name="hat", off=False, pictures=3, rejected=1, missing=1, near_duplicates=1,
        diversity=4 / 64, truncations=(0.5, 0.7), suggested=None,
    )  # fmt: skip
    with writing(index) as connection:
        hide_category(connection, gone.category_id)
    assert report_of(index, "hat") == replace(found, off=True)


def test_high_truncation_that_is_rejected_is_cut_off(index: Engine) -> None:
    spread = [0.4 + 0.02 * (i % 20) for i in range(200)]
    made = zip(spread, hashes(200), strict=True)
    add(index, "hat", [(t, phash, t > 0.61 and i % 3 > 0) for i, (t, phash) in enumerate(made)])
    found = report_of(index, "hat")
    assert found.suggested is not None
    assert found.suggested[0] == 0.4 and abs(found.suggested[1] - 0.6) < 0.011
    assert "above it were rejected" in found.reason


def test_low_truncation_that_repeats_is_cut_off(index: Engine) -> None:
    spread = [0.1 + 0.02 * (i % 20) for i in range(200)]
    pictures = [
        (t, "0" * 16 if t < 0.2 else phash, False)
        for t, phash in zip(spread, hashes(200, 3), strict=True)
    ]
    add(index, "hat", pictures)
    found = report_of(index, "hat")
    assert found.near_duplicates == 49
    assert found.suggested is not None
    assert 0.15 < found.suggested[0] < 0.25 and found.suggested[1] == max(spread)
    assert "repeat others" in found.reason


@pytest.mark.slow
def test_chance_suggests_nothing(index: Engine) -> None:
    """Rejected without regard to truncation: over 40 categories at most one is misled."""
    chance = random.Random(5)
    misled = 0
    for number in range(40):
        pictures = [
            (0.4 + 0.02 * chance.randrange(16), phash, chance.random() < 0.2)
            for phash in hashes(60, number)
        ]
        add(index, f"c{number}", pictures)
        misled += report_of(index, f"c{number}").suggested is not None
    assert misled <= 1


def test_few_pictures_suggest_nothing(index: Engine) -> None:
    add(index, "hat", [(0.4, a, False) for a in hashes(9)] + [(0.8, a, True) for a in hashes(9, 1)])
    assert report_of(index, "hat").suggested is None
