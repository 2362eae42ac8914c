"""How many came, looked and liked: numbers by day, and hearts by picture; nothing of who.

Off unless the owner wants it. No cookie is set, no address and no browser is kept, and nothing is
said to anybody else. What tells a visit from a step is a header of browsers, Sec-Fetch-Site: who
types an address or follows a link of another site begins a visit. Programs send no such header, and
browsers none where the site is without TLS; neither is counted.

Counts wait in memory and are added to those that are kept every few seconds.
"""

import atexit
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, select
from sqlalchemy.exc import DBAPIError

from app.ops.limits import WorkerLimit
from app.ops.own_tables import insert_on, open_tables
from core.settings import Settings

FILE = "visits.sqlite3"
SCHEMA = "nonesuch_visits"
_KEPT_AFTER_S = 5.0
_LIKES_PER_MINUTE = 300  # of all visitors of a worker: more is a flood, of which nothing is learnt
_RELOADED = ("max-age=0", "no-cache")  # what browsers say when a page is asked for once more

metadata = MetaData()
day_count = Table(
    "day_count",
    metadata,
    Column("day", String(10), primary_key=True),  # of UTC, 2026-01-31
    Column("what", String(10), primary_key=True),
    Column("n", Integer, nullable=False),
)
like_count = Table(
    "like_count",
    metadata,
    Column("short_hash", String(12), primary_key=True),
    Column("n", Integer, nullable=False),
)
log = logging.getLogger(__name__)


class Day(NamedTuple):
    """What was counted on one day of UTC."""

    day: str
    visits: int
    pages: int
    likes: int


class VisitCounts:
    """The counts of one site, of all its processes; what cannot be written is let go."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock, self._keeping = threading.Lock(), threading.Lock()
        self._days: Counter[tuple[str, str]] = Counter()  # of day and what, until they are kept
        self._likes: Counter[str] = Counter()  # of short hash
        self._kept_at = time.monotonic()
        self._flood = WorkerLimit(_LIKES_PER_MINUTE)
        self._engine: Engine | None = None
        atexit.register(self.keep)

    def add(self, *kinds: str) -> None:
        """Count what a page is: ``visits`` and ``pages``, or ``pages`` alone."""
        day = _today().isoformat()
        with self._lock:
            self._days.update((day, what) for what in kinds)
            is_time = time.monotonic() - self._kept_at > _KEPT_AFTER_S
        if is_time:
            self.keep()

    def like(self, short_hash: str, change: int) -> bool:
        """Add 1 or -1 to a picture's hearts; say whether it was counted: of a flood few are."""
        if not self._flood.take("").allowed:
            return False
        with self._lock:
            self._likes[short_hash] += change
        self.add(*["likes"] * (change > 0))
        return True

    def keep(self) -> None:
        """Add what waits to what is kept."""
        with self._keeping:
            with self._lock:
                days, self._days = self._days, Counter()
                likes, self._likes = self._likes, Counter()
                self._kept_at = time.monotonic()
            if not days and not likes:
                return
            try:
                with self._opened().begin() as connection:
                    dialect = connection.dialect.name
                    for (day, what), n in sorted(days.items()):
                        key = {"day": day, "what": what}
                        connection.execute(_add(day_count, dialect, key, n))
                    for short_hash, n in sorted(likes.items()):
                        key = {"short_hash": short_hash}
                        connection.execute(_add(like_count, dialect, key, n))
            except (DBAPIError, OSError) as error:
                log.warning("visits were not counted: %s", str(error).splitlines()[0])

    def last_days(self, number: int) -> list[Day]:
        """Return the last days, today first; of a day without visits zeros."""
        self.keep()
        days = [(_today() - timedelta(days=n)).isoformat() for n in range(number)]
        column = day_count.c
        statement = select(column.day, column.what, column.n).where(column.day >= days[-1])
        found: dict[str, dict[str, int]] = {}
        for day, what, n in self._ask(statement):
            found.setdefault(day, {})[what] = n
        none = {"visits": 0, "pages": 0, "likes": 0}
        return [Day(day, **{**none, **found.get(day, {})}) for day in days]

    def most_liked(self, number: int) -> list[tuple[str, int]]:
        """Return short hashes and hearts of the pictures that have most, the most liked first."""
        self.keep()
        column = like_count.c
        statement = select(column.short_hash, column.n).where(column.n > 0)
        statement = statement.order_by(column.n.desc(), column.short_hash).limit(number)
        return [(row[0], row[1]) for row in self._ask(statement)]

    def _ask(self, statement: Any) -> list[Any]:
        try:
            with self._opened().connect() as connection:
                return list(connection.execute(statement).all())
        except (DBAPIError, OSError) as error:
            log.warning("visits cannot be read: %s", str(error).splitlines()[0])
            return []

    def _opened(self) -> Engine:
        if self._engine is None:
            self._engine = open_tables(self._settings, metadata, FILE, SCHEMA)
        return self._engine


class CountingVisits:
    """A WSGI layer that counts pages which a browser opened, but for the owner's."""

    def __init__(self, application: Callable[..., Iterable[bytes]], counts: VisitCounts) -> None:
        self._application, self._counts = application, counts

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            if status.startswith("200") and _is_page(environ):
                self._counts.add("pages", *["visits"] * _begins_visit(environ))
            return start_response(status, headers, *error)

        return self._application(environ, start)


def _is_page(environ: dict[str, Any]) -> bool:
    return (
        environ.get("HTTP_SEC_FETCH_DEST") == "document"
        and environ["REQUEST_METHOD"] == "GET"
        and not environ["PATH_INFO"].startswith("/curate")
        and "HTTP_SEC_PURPOSE" not in environ  # fetched ahead, for somebody who may never look
    )


def _begins_visit(environ: dict[str, Any]) -> bool:
    return (
        environ.get("HTTP_SEC_FETCH_SITE") != "same-origin"
        and environ.get("HTTP_CACHE_CONTROL") not in _RELOADED
    )


def _add(table: Table, dialect: str, key: dict[str, str], n: int) -> Any:
    statement = insert_on(dialect)(table).values(**key, n=n)
    return statement.on_conflict_do_update(index_elements=list(key), set_={"n": table.c.n + n})


def _today() -> date:
    return datetime.now(UTC).date()
