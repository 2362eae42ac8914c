"""What hangs left and right of a picture, in the order in which a visitor came to it.

`/i/<hash>?in=gallery` and `?in=category`: the picture itself says where it is in either order, so
the address needs no position, which would be wrong as soon as a picture comes or goes.
"""

from dataclasses import dataclass

from app.pictures.addresses import page_address
from store.queries.gallery import Gallery
from store.queries.rows import Picture


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
    sides = [
        found[0] if (found := gallery.page_of(shelf.slug, at % shelf.pictures, 1)) else picture
        for at in (place - 1, place + 1)
    ]
    before, after = (f"/i/{side.short_hash}?in=category" for side in sides)
    up = f"{page_address(f'/c/{shelf.slug}', place)}#p{picture.short_hash}"
    return Order(before, after, up, f"{place + 1:,} of {shelf.pictures:,} in {shelf.name}")


def _in_gallery(gallery: Gallery, picture: Picture) -> Order | None:
    shelves = gallery.shelves()
    place = gallery.place(shelves, picture)
    if place is None:
        return None
    sides = [
        found[0] if (found := gallery.page(shelves, at % shelves.total, 1)) else picture
        for at in (place - 1, place + 1)
    ]
    before, after = (f"/i/{side.short_hash}?in=gallery" for side in sides)
    up = f"{page_address('/gallery', place)}#p{picture.short_hash}"
    return Order(before, after, up, f"{place + 1:,} of {shelves.total:,} in the gallery")
