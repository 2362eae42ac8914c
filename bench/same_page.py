"""The site with one row for an index: the same page under drawn names, and nothing is asked."""

from app import create_app
from bench.plain_apps import files
from store.queries.reader import IndexReader
from store.queries.rows import Picture

_category, _, _file = files()[0].partition("/")
_picture = Picture(
    id=1, category=_category, name=_category, file=_file, sha256=_file[-17:-5].ljust(64, "0"),
    width=64, height=64, state="live", ord=0, model=None, nearest=None,
)  # fmt: skip
_reader = IndexReader.__new__(IndexReader)
_reader.pick = lambda *_: _picture  # type: ignore[method-assign]
app = create_app()
app.extensions["index"].reader = lambda: _reader
