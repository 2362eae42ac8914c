"""One category's files against its rows: in the store, off and rejected."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from pregen.indexing.matching import FileKind, Found, match, match_beside, rejected_among, rows_in
from pregen.verifying.differences import Report
from store.files.parallel import in_parallel
from store.files.protocol import digest
from store.files.quarantine import FOLDERS, Quarantine
from store.files.reading import read_row
from store.formats.encoding import BadPicture
from store.index.states import LIVE, OFF, REJECTED
from store.index.tables import Row

_KINDS = {
    FileKind.CHANGED: "changed",
    FileKind.FOUND: "orphaned",
    FileKind.NEW: "orphaned",
    FileKind.COPY: "copy",
    FileKind.REJECTED: "rejected but there",
    FileKind.OFF: "off but there",
}


class Comparing:
    """The work on one category; differences go into a report."""

    def __init__(
        self,
        connection: Connection,
        quarantine: Quarantine,
        slug: str,
        category: Row | None,
        report: Report,
    ) -> None:
        """``category``: its row, None where the index has none."""
        self._connection, self._quarantine, self._slug = connection, quarantine, slug
        self._is_off = category is not None and category.off
        self._rows = rows_in(connection, None if category is None else category.id)
        self._report = report

    def compare(self, *, has_off: bool) -> Iterator[None]:
        """Compare; yield for each live picture.

        ``has_off``: there are pictures beside the store that are off. They are on the machine
        alone where they were switched off.
        """
        live = [row for row in self._rows if row.state == LIVE]
        named = {row.file: row for row in self._rows}
        found: dict[str, Found] = {}
        unreadable: set[str] = set()
        missing = []
        for row, data in zip(live, self._read(LIVE, [row.file for row in live]), strict=True):
            if data is None and not self._quarantine.store.has(self._slug, row.file):
                missing.append(row)
            else:
                self._look_into(row.file, data, row, found, unreadable)
            yield
        known = {row.file for row in live}
        others = [file for file in self._quarantine.store.files_of(self._slug) if file not in known]
        for file, data in zip(others, self._read(LIVE, others), strict=True):
            self._look_into(file, data, named.get(file), found, unreadable)
        off, off_unreadable = self._look_beside(OFF)
        self._report_store(named, found, off, missing)
        for file in sorted(unreadable):
            self._report.add("unreadable", f"{self._slug}/{file}")
        self._report_beside(OFF, off, off_unreadable)
        if has_off:
            for row in self._rows:
                if row.state == OFF and row.file not in (
                    off.keys() | off_unreadable | found.keys()
                ):
                    self._report.add("off, missing", f"{self._slug}/{row.file}")
        self._report_beside(REJECTED, *self._look_beside(REJECTED))

    def _read(self, state: str, files: Iterable[str]) -> Iterator[bytes | None]:
        read = partial(self._quarantine.places[state].read, self._slug)
        return in_parallel(read, files, self._quarantine.store.at_once)

    @staticmethod
    def _look_into(
        file: str,
        data: bytes | None,
        row: Row | None,
        found: dict[str, Found],
        unreadable: set[str],
    ) -> None:
        """Add what a file is: what the row of its name says, or what it says itself."""
        if row is not None and data is not None and digest(data) == row.sha256:
            found[file] = row
            return
        try:
            if data is None:
                raise BadPicture("it cannot be read")
            found[file] = read_row(file, data)
        except BadPicture:
            unreadable.add(file)

    def _look_beside(self, state: str) -> tuple[dict[str, Found], set[str]]:
        """Return what lies where pictures of a state do, and what of it is unreadable."""
        named = {row.file: row for row in self._rows if row.state == state}
        found: dict[str, Found] = {}
        unreadable: set[str] = set()
        files = self._quarantine.places[state].files_of(self._slug)
        for file, data in zip(files, self._read(state, files), strict=True):
            self._look_into(file, data, named.get(file), found, unreadable)
        return found, unreadable

    def _report_store(
        self,
        named: Mapping[str, Row],
        found: Mapping[str, Found],
        off: Mapping[str, Found],
        missing: Sequence[Row],
    ) -> None:
        hashes = [each.sha256 for file, each in found.items() if each is not named.get(file)]
        rejected = rejected_among(self._connection, hashes)
        matches = match(self._rows, found, off, rejected)
        placed = {each.row.id for each in matches if each.row and each.kind != FileKind.COPY}
        for row in missing:
            if row.id not in placed:
                self._report.add("missing", f"{self._slug}/{row.file}")
        for each in matches:
            if each.kind == FileKind.SAME:
                continue
            line = f"{self._slug}/{each.file}"
            kind = _KINDS[each.kind]
            owner = named.get(each.file)
            if each.kind == FileKind.COPY and owner is not None and owner.state == LIVE:
                kind = "changed"  # another picture was put in its place
            elif each.kind == FileKind.COPY:
                line += f": the same picture as {each.other}"
            elif each.kind == FileKind.CHANGED and each.row.state == OFF:
                kind = "off but there"
            self._report.add(kind, line)

    def _report_beside(
        self, state: str, found: Mapping[str, Found], unreadable: Iterable[str]
    ) -> None:
        place = f"{FOLDERS[state]}/{self._slug}"
        known = rejected_among(self._connection, [each.sha256 for each in found.values()])
        is_on = state == OFF and not self._is_off and any(r.state != REJECTED for r in self._rows)
        for each in match_beside(self._rows, found, state):
            if state == REJECTED and each.kind == FileKind.NEW and found[each.file].sha256 in known:
                continue  # in another category: a tombstone is for all
            if each.kind == FileKind.CHANGED:
                self._report.add(f"{state}, changed", f"{self._slug}/{each.file}")
            elif each.kind in (FileKind.NEW, FileKind.FOUND) and is_on:
                self._report.add("copy", f"{place}/{each.file}: its category is on")
            elif each.kind in (FileKind.NEW, FileKind.FOUND):
                self._report.add("orphaned", f"{place}/{each.file}")
        for file in sorted(unreadable):
            self._report.add("unreadable", f"{place}/{file}")
