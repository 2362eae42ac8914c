"""A picture that the owner sends: checked as a visitor's is, taken in as `flask adopt` does."""

from pathlib import Path
from typing import TYPE_CHECKING

from app.curate.desk import Desk
from app.translate.uploads import MOST_PIXELS, read_apart

if TYPE_CHECKING:
    from store.adopting.taking import Taken

_CONVERTER = Path(__file__).with_name("upload_converter.py")
_CONVERTING_S = 60.0


def upload_into(desk: Desk, word: str, data: bytes) -> "Taken":
    """Put a picture into the category that a word names, or a new one; return where it is.

    Raises `app.http.errors.TooLarge`, `NotAPicture`, `BadCategoryName`, `IndexUnusable`,
    `StoreUnusable`.
    """
    from store.adopting.taking import category_for, take_in
    from store.files.opening import open_pictures
    from store.formats.adoption import original_digest
    from store.formats.encoding import find_format

    site = desk.site
    with desk.curating(write=True) as open_index:
        engine = open_index.engine
        with engine.connect() as connection:
            place = category_for(connection, word)
        made = read_apart(_CONVERTER, [str(MOST_PIXELS), place[1]], data, _CONVERTING_S)
        return take_in(
            # of its own: it says that somebody writes here for as long as this takes
            engine, open_pictures(site.settings), site.settings, place, original_digest(data), made,
            find_format("webp"),
        )  # fmt: skip
