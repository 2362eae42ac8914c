"""Where a picture is: in its own size and format, in another, and on which page of a wall."""

from store.formats.derivatives import SIZES_PX
from store.queries.gallery import PAGE
from store.queries.rows import Picture

SIZES = SIZES_PX
EXTENSIONS = ("webp", "avif", "png", "jpg")
HERO_PX = 1024  # the longest side of a picture on a page of its own


def picture_address(picture: Picture, most_px: int = HERO_PX) -> str:
    """Return where a picture's bytes are; for an adopted name also which bytes are meant.

    What is larger than ``most_px``, one of `SIZES`, comes in that size.
    """
    if picture.width > most_px or picture.height > most_px:
        return sized_address(picture, most_px)
    address = f"/images/{picture.category}/{picture.file}"
    return address if picture.short_hash in picture.file else f"{address}?v={picture.short_hash}"


def sized_address(picture: Picture, size: int, extension: str = "webp") -> str:
    """Return where a picture is in a size out of `SIZES` and a format out of `EXTENSIONS`."""
    file = picture.file
    if (
        max(picture.width, picture.height) == size
        and file.endswith(f".{extension}")
        and picture.short_hash in file  # the address says which bytes are meant
    ):
        return f"/images/{picture.category}/{file}"
    return f"/sized/{size}/{picture.short_hash}.{extension}"


def download_address(picture: Picture) -> str:
    """Return where a picture is as it was made, with its licence inside (store.formats.licensing).

    Where no size of `SIZES` is the picture's own it is the stored file, which says none.
    """
    longer, extension = max(picture.width, picture.height), picture.file.rpartition(".")[2]
    if longer in SIZES and extension in EXTENSIONS:
        return f"/sized/{longer}/{picture.short_hash}.{extension}"
    return picture_address(picture, longer)


def original_address(picture: Picture, extension: str) -> str:
    """Return where a picture is in a format, in the least size that loses nothing of it."""
    if picture.file.endswith(f".{extension}") and picture.short_hash in picture.file:
        return f"/images/{picture.category}/{picture.file}"
    longer = max(picture.width, picture.height)
    return sized_address(picture, next((s for s in SIZES if s >= longer), SIZES[-1]), extension)


def sized_width_height(picture: Picture, size: int) -> tuple[int, int]:
    """Return a derivative's width and height: the longer side is the size."""
    longer = max(picture.width, picture.height)
    return (
        max(1, round(picture.width * size / longer)),
        max(1, round(picture.height * size / longer)),
    )


def page_address(base: str, place: int) -> str:
    """Return the address of the page that shows a place."""
    page = place // PAGE + 1
    return base if page == 1 else f"{base}?page={page}"
