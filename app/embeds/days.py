"""Which picture is a day's: that of the day's date as a text, in UTC, for everybody."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from app.pictures.seeded import picture_of_text
from app.site.context import Site
from store.queries.rows import Picture

_LONGEST_S = 3600  # that a day's picture is kept: as long a rejected one may be shown


def now_utc() -> datetime:
    """Return the time, of a zone."""
    return datetime.now(UTC)


class Days:
    """The pictures of days."""

    def __init__(self, site: Site, now: Callable[[], datetime] = now_utc) -> None:
        """``now``: the time, of any zone."""
        self._site, self._now = site, now

    def today(self) -> date:
        """Return the day in UTC."""
        return self._now().astimezone(UTC).date()

    def last(self, days: int) -> list[date]:
        """Return today and the days before it, so many together."""
        today = self.today()
        return [today - timedelta(days=back) for back in range(days)]

    def picture(self, day: date, slug: str | None = None) -> Picture:
        """Return a day's picture, of one category if given. Raises as `picture_of_text` does."""
        return picture_of_text(
            self._site.index.reader(), self._site.is_there, day.isoformat(), slug
        )

    @property
    def cache_control(self) -> str:
        """How long the answer to what is today's may be kept: at most until the day ends."""
        now = self._now().astimezone(UTC)
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
        left_s = int((midnight - now).total_seconds())
        return f"public, max-age={min(_LONGEST_S, left_s)}"
