"""Pictures whose file is there: single ones may have been deleted by hand."""

import re
from collections.abc import Callable

from app.http.errors import EMPTY_HINT, Gone, NotFound, NothingToShow
from app.pictures.redirects import Moved
from core.slugs import nearest
from store.index.states import LIVE
from store.queries.reader import IndexReader
from store.queries.renamed import slug_now
from store.queries.rows import Picture

_SHORT_HASH = re.compile(r"[0-9a-f]{12}")
_MOST_DRAWS = 64  # where four of five files are gone, one page in 1.6 million finds none


def draw(
    reader: IndexReader, is_there: Callable[[Picture], bool], slug: str | None = None
) -> Picture:
    """Draw, from a category or from all, until a picture's file is there.

    Raises `NotFound`, `NothingToShow` and `Moved`.
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


def live_picture(
    reader: IndexReader, is_there: Callable[[Picture], bool], short_hash: str
) -> Picture:
    """Return the picture whose hash begins with these 12 digits. Raises `Gone` and `NotFound`."""
    if not _SHORT_HASH.fullmatch(short_hash):
        raise NotFound(
            f"there is no picture {short_hash[:100]}",
            "a picture's address ends in 12 digits from 0 to 9 and a to f",
            what="picture",
        )
    picture = reader.by_hash(short_hash)
    if picture is None:
        raise NotFound(f"there is no picture {short_hash}", what="picture")
    if picture.state != LIVE or not is_there(picture):
        others = f"/c/{picture.category}" if reader.pick(picture.category) else ""
        raise Gone(
            f"the picture {short_hash} was removed",
            "there are others of its kind" if others else "there are others at /",
            others,
        )
    return picture


def not_in_store() -> NothingToShow:
    """Return what to say where the index names pictures and the store holds none of them."""
    return NothingToShow(
        "the pictures in the index are not in the store", "compare the two with: flask verify"
    )


def no_category(reader: IndexReader, slug: str) -> NotFound | Moved:
    """Return what to raise where a category is asked for that has no pictures.

    Where it has another name by now, the way to the same address with that.
    """
    if now := slug_now(reader, slug[:100]):
        return Moved(slug, now)
    known = nearest(slug[:100], [category.slug for category in reader.categories()])
    return NotFound(
        f"there is no category {slug[:100]}",
        f"did you mean {known}?" if known else "all of them are at /categories",
        what="category",
        instead=f"/c/{known}" if known else "",
    )
