"""One category's rows, brought to what its folders hold: in the store, off and rejected."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select, update

from pregen.indexing.matching import FileKind, Match, match, match_beside, rejected_among, rows_in
from store.curation.settling import give_way, mark, move_out, rename_image, rows_of
from store.files.protocol import names_of
from store.files.quarantine import Quarantine
from store.index.states import LIVE, MISSING, OFF, REJECTED
from store.index.tables import Row, category, image
from store.index.writes import (
    NewImage,
    add_images,
    change_image,
    hide_category,
    renew_image,
    retire_image,
    revive_image,
)

Read = Callable[[str, Sequence[str]], Mapping[str, NewImage]]
ITS_CATEGORY_IS_ON = "its category is on"


class Reconciling:
    """The work on one category, inside the caller's transaction.

    Afterwards ``counts`` says what was done, ``skipped`` which files were not taken in, by state
    and name, and ``moved`` which rows' files are to be settled; `move_out` does the rest.
    """

    def __init__(
        self,
        connection: Connection,
        quarantine: Quarantine,
        category_id: int,
        slug: str,
        found: Mapping[str, dict[str, NewImage]],
        *,
        has_off: bool,
    ) -> None:
        """``found``: by state, the readable files where such pictures lie, by name.

        ``has_off``: there are pictures that are off at all; they may be on another machine.
        """
        self._has_off = has_off
        self._connection, self._quarantine = connection, quarantine
        self._category_id, self._slug, self._found = category_id, slug, found
        off = select(category.c.off).where(category.c.id == category_id).with_for_update()
        self._is_off = bool(connection.execute(off).scalar_one())
        rows = rows_in(connection, category_id)
        self._is_new = all(row.state == REJECTED for row in rows)  # to this index
        self.counts: Counter[str] = Counter()
        self.skipped: dict[tuple[str, str], str] = {}
        self.moved: list[int] = []
        self._rejected: list[Match] = []
        self._tombstones: dict[str, tuple[str, str]] = {}

    def look_again(self, read: Read) -> None:
        """Read, under the lock, what came since the folders were read: nothing is missing yet.

        ``read``: given a state and names, returns the readable ones.
        """
        for state in (LIVE, OFF):
            found = self._found[state]
            rows = rows_in(self._connection, self._category_id)
            if any(row.state == state and row.file not in found for row in rows):
                files = self._quarantine.places[state].files_of(self._slug)
                found.update(read(state, [file for file in files if file not in found]))

    def reconcile(self) -> None:
        """Change the rows."""
        self._take_beside(REJECTED)
        self._take_beside(OFF)
        self._take_store()

    def move_out(self, connection: Connection) -> None:
        """Move rejected pictures out of the store, where somebody put them back."""
        ids = [each.row.id for each in self._rejected if each.row]
        still = {row.id: row for row in rows_of(connection, ids)}
        for each in self._rejected:
            row = still.get(each.row.id) if each.row else None
            if each.row is not None and (row is None or row.state != REJECTED):
                continue  # it was taken back at this moment
            other = self._tombstones.get(self._found[LIVE][each.file].sha256)
            move_out(self._quarantine, REJECTED, self._slug, each.file, row, other)

    def _take_beside(self, state: str) -> None:
        """Bring rows to the files of rejected pictures, or of those that are off."""
        found = self._found[state]
        rows = rows_in(self._connection, self._category_id)
        fresh: list[NewImage] = []
        for each in match_beside(rows, found, state):
            new = found[each.file]
            if each.kind == FileKind.SAME:
                self._hash_anew(each.row, new)
            elif each.kind == FileKind.CHANGED and state == OFF:
                renew_image(self._connection, each.row.id, new)
                self.counts["changed"] += 1
            elif each.kind == FileKind.CHANGED:
                self.skipped[state, each.file] = "it is not what was rejected"
            elif each.kind == FileKind.COPY and state == OFF:
                self.skipped[state, each.file] = f"the same picture as {each.other}"
            elif each.kind in (FileKind.NEW, FileKind.FOUND):
                if state == OFF and not self._is_off and not self._is_new:
                    self.skipped[state, each.file] = ITS_CATEGORY_IS_ON
                elif each.kind == FileKind.FOUND:
                    rename_image(
                        self._connection, each.row.id, self._slug, each.row.file, each.file
                    )
                    self._set_state(each.row, state)
                    self.counts["found again"] += 1
                else:
                    fresh.append(new)
        if fresh and state == OFF:
            hide_category(self._connection, self._category_id)
            self._is_off = True
        self._remember(fresh, state)

    def _hash_anew(self, row: Row, new: NewImage) -> None:
        """Keep up with how pictures are measured: an older version may have had it otherwise."""
        values = {name: getattr(new, name) for name in ("phash", "width", "height")}
        if any(getattr(row, name) != value for name, value in values.items()):
            statement = update(image).where(image.c.id == row.id).values(**values)
            self._connection.execute(statement)
            self.counts["hashed anew"] += 1

    def _remember(self, fresh: Sequence[NewImage], state: str) -> None:
        """Add rows for files that lie beside the store, under names that are free."""
        taken = {row.file for row in rows_in(self._connection, self._category_id)}
        was = {}
        rows = []
        for new in fresh:
            name = next(name for name in names_of(new.file, new.sha256) if name not in taken)
            taken.add(name)
            rows.append(replace(new, file=name))
            if name != new.file:
                was[name] = new.file
        add_images(self._connection, self._category_id, rows, state)
        self.counts[f"{state}, remembered"] += len(rows)
        if was:
            for row in rows_in(self._connection, self._category_id):
                if row.file in was:
                    self._mark(row.id, state, was[row.file])

    def _set_state(self, row: Row, state: str) -> None:
        """Give a picture that is not shown another such state."""
        statement = update(image).where(image.c.id == row.id).values(state=state)
        self._connection.execute(statement)

    def _take_store(self) -> None:
        found = self._found[LIVE]
        rows = rows_in(self._connection, self._category_id)
        rejected = rejected_among(self._connection, [new.sha256 for new in found.values()])
        self._tombstones = rejected
        matches = match(rows, found, self._found[OFF], rejected)
        self._give_way(rows, matches)
        placed = {each.row.id for each in matches if each.row and each.kind in _PLACED}
        for row in rows:
            if row.id not in placed:
                self._retire(row)
        fresh = []
        for each in matches:
            new = found[each.file]
            if each.kind == FileKind.NEW:
                fresh.append(new)
            elif each.kind == FileKind.FOUND:
                revive_image(self._connection, each.row.id, new)
            elif each.kind == FileKind.CHANGED:
                change_image(self._connection, each.row.id, new)
            elif each.kind == FileKind.COPY:
                self.skipped[LIVE, each.file] = f"the same picture as {each.other}"
                continue
            elif each.kind == FileKind.REJECTED:
                self._rejected.append(each)
            else:
                self._hash_anew(each.row, new)
            self.counts[each.kind.value] += 1
        add_images(self._connection, self._category_id, fresh)
        if self._is_off:
            for row in rows_in(self._connection, self._category_id):
                if row.state == OFF and row.file in found:
                    self._mark(row.id, LIVE, row.file)

    def _give_way(self, rows: Sequence[Row], matches: Sequence[Match]) -> None:
        """Free the names of files that are taken in from rows of other pictures."""
        renamed = {
            each.row.id: each
            for each in matches
            if each.kind == FileKind.FOUND and each.row.file != each.file
        }
        wanted = {each.file for each in matches if each.kind in (FileKind.FOUND, FileKind.NEW)}
        own = {
            each.row.id
            for each in matches
            if each.row and each.row.file == each.file and each.kind in _PLACED
        }
        for row in rows:
            if row.id in renamed:  # a name that no file can have, until all have theirs
                rename_image(self._connection, row.id, self._slug, row.file, f"/{row.id}")
        self.moved += give_way(self._connection, self._category_id, self._slug, wanted, own)
        for row_id, each in renamed.items():
            rename_image(self._connection, row_id, self._slug, f"/{row_id}", each.file)

    def _retire(self, row: Row) -> None:
        """Note that no file of a picture is in the store."""
        if row.state == LIVE:
            thrown = self._found[REJECTED].get(row.file)
            is_thrown = thrown is not None and thrown.sha256 == row.sha256
            retire_image(self._connection, row.id, REJECTED if is_thrown else MISSING)
            self.counts["rejected, remembered" if is_thrown else "missing"] += 1
        elif row.state == OFF and self._has_off and row.file not in self._found[OFF]:
            self._set_state(row, MISSING)
            self.counts["missing"] += 1

    def _mark(self, row_id: int, state: str, file: str) -> None:
        mark(self._connection, [(row_id, state, file)])
        self.moved.append(row_id)


_PLACED = (FileKind.SAME, FileKind.CHANGED, FileKind.FOUND, FileKind.OFF, FileKind.REJECTED)
