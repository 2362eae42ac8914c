"""How a picture hangs: the tint behind it, its size on the wall, what a template shows of it."""

from typing import Any

from app.pictures.addresses import picture_address
from app.rendering.cutouts import Cutouts
from store.queries.rows import Picture

HUES = 12  # style.css has as many
SMALL_PX = 96  # up to this width a picture is enlarged by whole multiples
LARGE_PX = 640  # from this size on a picture is shown as it is: no paper's grain, a narrow mount
TILE_PX = 256
CARD_PX = 512  # in links that are shared: some who show them pass over what is below 200


def hue_of(picture: Picture) -> int:
    """Return the number of the tint of the wall on which a picture hangs."""
    return int(picture.short_hash[:2], 16) % HUES


def is_large(picture: Picture) -> bool:
    """Say whether a picture has pixels enough to fill the wall."""
    return max(picture.width, picture.height) >= LARGE_PX


def tile(picture: Picture, cutouts: Cutouts) -> dict[str, object]:
    """Return what a wall's template shows of a picture."""
    return {
        "hash": picture.short_hash,
        "address": picture_address(picture, TILE_PX),
        "name": picture.name,
        "width": picture.width,
        "height": picture.height,
        "is_small": picture.width <= SMALL_PX,
        "is_large": is_large(picture),
        "is_cutout": cutouts.has(picture.model, picture.file),
    }


def print_of(picture: Picture, cutouts: Cutouts) -> dict[str, Any]:
    """Return how a picture hangs by itself, for a template."""
    return {
        "hue": hue_of(picture),
        "width": picture.width,
        "height": picture.height,
        "is_small": picture.width <= SMALL_PX,
        "is_large": is_large(picture),
        "is_cutout": cutouts.has(picture.model, picture.file),
    }
