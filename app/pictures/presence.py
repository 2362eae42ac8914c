"""Pictures whose file is there: single ones may have been deleted by hand."""

from collections.abc import Callable

from app.http.errors import EMPTY_HINT, NotFound, NothingToShow
from core.slugs import nearest
from store.queries.reader import IndexReader
from store.queries.rows import Picture

_MOST_DRAWS = 64  # where four of five files are gone, one page in 1.6 million finds none


def draw(
    reader: IndexReader, is_there: Callable[[Picture], bool], slug: str | None = None
) -> Picture:
    """Draw, from a category or from all, until a picture's file is there.

    Raises `NotFound` and `NothingToShow`.
    """
    for _ in range(_MOST_DRAWS):
        picture = reader.pick(slug)
        if picture is None:
            if slug is not None:
                raise no_category(reader, slug)
            raise NothingToShow("nothing has been generated yet", EMPTY_HINT)
        if is_there(picture):
            return picture
    raise not_in_store()


def not_in_store() -> NothingToShow:
    """Return what to say where the index names pictures and the store holds none of them."""
    return NothingToShow(
        "the pictures in the index are not in the store", "compare the two with: flask verify"
    )


def no_category(reader: IndexReader, slug: str) -> NotFound:
    """Return what to say where a category is asked for that has no pictures."""
    known = nearest(slug[:100], [category.slug for category in reader.categories()])
    return NotFound(
        f"there is no category {slug[:100]}",
        f"did you mean {known}?" if known else "all of them are at /categories",
        what="category",
        instead=f"/c/{known}" if known else "",
    )
