"""What hangs left and right of a picture, in the order in which a visitor came to it.

`/i/<hash>?in=gallery` and `?in=category`: the picture itself says where it is in either order, so
the address needs no position, which would be wrong as soon as a picture comes or goes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.pictures.addresses import page_address
from store.queries.gallery import Gallery
from store.queries.rows import Picture

_MOST_COPIES = 256  # side by side that are passed


@dataclass(frozen=True, slots=True)
class Order:
    """Addresses around one picture; before and after go round at the ends."""

    before: str
    after: str
    up: str  # the page of the gallery on which it hangs
    name: str  # of that page


def order_named(gallery: Gallery, name: str, picture: Picture) -> Order | None:
    """Return the order that ``in=`` names; None for none, and where the picture just went."""
    if name == "category":
        return _in_category(gallery, picture)
    if name == "gallery":
        return _in_gallery(gallery, picture)
    return None


def _in_category(gallery: Gallery, picture: Picture) -> Order | None:
    shelf = gallery.shelf(picture.category)
    place = picture.ord
    if shelf is None or place is None:
        return None

    def look(at: int) -> list[Picture]:
        return gallery.page_of(shelf.slug, at, 1)

    sides = (_beside(gallery, picture, look, place, shelf.pictures, step) for step in (-1, 1))
    before, after = (f"/i/{side.short_hash}?in=category" for side in sides)
    up = f"{page_address(f'/c/{shelf.slug}', place)}#p{picture.short_hash}"
    return Order(before, after, up, f"{place + 1:,} of {shelf.pictures:,} in {shelf.name}")


def _in_gallery(gallery: Gallery, picture: Picture) -> Order | None:
    shelves = gallery.shelves()
    place = gallery.place(shelves, picture)
    if place is None:
        return None

    def look(at: int) -> list[Picture]:
        return gallery.page(shelves, at, 1)

    sides = (_beside(gallery, picture, look, place, shelves.total, step) for step in (-1, 1))
    before, after = (f"/i/{side.short_hash}?in=gallery" for side in sides)
    up = f"{page_address('/gallery', place)}#p{picture.short_hash}"
    return Order(before, after, up, f"{place + 1:,} of {shelves.total:,} in the gallery")


def _beside(
    gallery: Gallery, picture: Picture, look: Callable[[int], list[Picture]], place: int,
    total: int, step: int,
) -> Picture:  # fmt: skip
    """Return the next picture in a direction, past copies of others.

    The address of a copy shows the picture that it is a copy of, at another place: from there the
    way would lead back.
    """
    for distance in range(1, min(total, _MOST_COPIES)):
        found = look((place + step * distance) % total)
        if found and gallery.is_at_its_address(found[0]):
            return found[0]
    return picture
