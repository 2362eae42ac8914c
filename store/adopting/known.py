"""Which pictures were adopted before: by the SHA-256 of the file that they were made of.

The name of an adopted picture begins with a number that its original's SHA-256 gives; whether it is
that very original its file says.
"""

from collections import defaultdict

from sqlalchemy import Connection, or_, select

from store.files.protocol import MADE_FILE, file_name
from store.files.quarantine import Quarantine
from store.files.reading import read_row
from store.formats.adoption import original_of
from store.formats.encoding import Format
from store.index.states import MISSING
from store.index.tables import Row, category, image
from store.index.writes import NewImage


def number_of(original: str) -> int:
    """Return the number, 0 … 2^32 - 1, with which the name of an adopted picture begins."""
    return int(original[:8], 16)


def row_for(data: bytes, original: str, chosen: Format) -> NewImage:
    """Return the row of a converted file, under the name that it gets."""
    row = read_row("", data)
    name = file_name(number_of(original), row.sha256, chosen.extension)
    return NewImage(**{**vars(row), "file": name})


class KnownOriginals:
    """Adopted pictures of the index, wherever their files are; safe to ask from several threads."""

    def __init__(self, connection: Connection, quarantine: Quarantine, original: str = "") -> None:
        """``original``: the one file that will be asked for; all where there is none."""
        self._quarantine = quarantine
        self._rows: dict[int, list[Row]] = defaultdict(list)
        self._plain: dict[str, Row] = {}  # by SHA-256: what `flask index` took in as it was
        statement = (
            select(category.c.slug, image.c.file, image.c.sha256, image.c.state)
            .join(category)
            .where(image.c.model_digest.is_(None), image.c.state != MISSING)
        )
        if original:
            by_name = image.c.file.startswith(f"{number_of(original)}-")
            statement = statement.where(or_(by_name, image.c.sha256 == original))
        for row in connection.execute(statement):
            if match := MADE_FILE.fullmatch(row.file):
                self._rows[int(match["seed"])].append(row)
            else:
                self._plain.setdefault(row.sha256, row)

    def find(self, original: str) -> Row | None:
        """Return slug, file and state of the picture that was made of a file, or is it."""
        for row in self._rows.get(number_of(original), ()):
            found = self._quarantine.find(row.state, row.slug, row.file, row.sha256)
            if found is not None and original_of(found[1]) == original:
                return row
        return self._plain.get(original)
