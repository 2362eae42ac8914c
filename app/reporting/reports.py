"""What visitors reported: picture, reason, how often. Nothing of who, and not when.

Apart from the index, as the game's counts are (`app.ops.own_tables`). Bounded: so many pictures,
and so many reports a second of each worker; what is more is told so.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, delete, func, select
from sqlalchemy.exc import DBAPIError

from app.ops.own_tables import insert_on, open_tables
from core.settings import Settings

FILE = "reports.sqlite3"
SCHEMA = "nonesuch_reports"
MOST = 10_000  # pictures and reasons that are kept
REASONS = {
    "harmful": "It is offensive or harmful",
    "person": "It shows a person who exists",
    "mine": "It copies a work of mine",
    "mark": "It shows a trademark",
    "broken": "It is broken, or not what it says",
}

metadata = MetaData()
report = Table(
    "report",
    metadata,
    Column("short_hash", String(12), primary_key=True),
    Column("reason", String(20), primary_key=True),
    Column("n", Integer, nullable=False),
)


@dataclass(frozen=True)
class Reported:
    """A picture, and how often it was reported for which reason."""

    short_hash: str
    reasons: dict[str, int] = field(default_factory=dict)


class PictureReports:
    """The reports of one site."""

    def __init__(self, settings: Settings, a_second: float = 0.5, at_once: float = 20.0) -> None:
        """Of a flood ``at_once`` are taken, then ``a_second`` per second."""
        self._settings = settings
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._a_second, self._at_once = a_second, at_once
        self._tokens, self._filled = at_once, time.monotonic()

    def add(self, short_hash: str, reason: str) -> bool:
        """Count a report; say whether it was, which a flood, or many pictures, prevent.

        Raises DBAPIError where nothing can be kept.
        """
        if not self._is_slow_enough():
            return False
        engine = self._open()
        this = (report.c.short_hash == short_hash, report.c.reason == reason)
        with engine.begin() as connection:
            is_known = connection.execute(select(report.c.n).where(*this)).first()
            count = connection.execute(select(func.count()).select_from(report)).scalar_one()
            if is_known is None and count >= MOST:
                return False
            statement = insert_on(engine.dialect.name)(report)
            connection.execute(
                statement.values(short_hash=short_hash, reason=reason, n=1).on_conflict_do_update(
                    index_elements=["short_hash", "reason"], set_={"n": report.c.n + 1}
                )
            )
        return True

    def all(self, limit: int = MOST) -> list[Reported]:
        """Return the pictures that were reported, most often reported first."""
        found: dict[str, Reported] = {}
        with self._open().connect() as connection:
            for row in connection.execute(select(report)):
                found.setdefault(row.short_hash, Reported(row.short_hash)).reasons[row.reason] = (
                    row.n
                )
        often = sorted(
            found.values(), key=lambda each: (-sum(each.reasons.values()), each.short_hash)
        )
        return often[:limit]

    def count(self) -> int:
        """Return how many pictures wait; 0 where nothing can be read."""
        try:
            with self._open().connect() as connection:
                distinct = select(func.count(report.c.short_hash.distinct()))
                return int(connection.execute(distinct).scalar_one())
        except DBAPIError:
            return 0

    def dismiss(self, hashes: Sequence[str]) -> None:
        """Forget what was reported of pictures."""
        with self._open().begin() as connection:
            connection.execute(delete(report).where(report.c.short_hash.in_(list(hashes))))

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = open_tables(self._settings, metadata, FILE, SCHEMA)
        return self._engine

    def _is_slow_enough(self) -> bool:
        with self._lock:
            now = time.monotonic()
            more = (now - self._filled) * self._a_second
            self._tokens = min(self._at_once, self._tokens + more)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
