"""All routes of this room, over what they share."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint

from app.embeds.avatars import avatars
from app.embeds.days import Days, now_utc
from app.embeds.exact import exact_sizes
from app.embeds.feed import feed
from app.embeds.framed import FramedPictures
from app.embeds.oembed import embedding
from app.embeds.today import picture_of_the_day
from app.pictures.originals import Originals
from app.site.context import Site


def embeds(
    site: Site, originals: Originals, now: Callable[[], datetime] = now_utc
) -> tuple[Blueprint, ...]:
    """Return the routes. The first knows what a length in an address is: it is registered first."""
    framed, days = FramedPictures(site, originals), Days(site, now)
    return (
        exact_sizes(site, framed),
        avatars(site, framed),
        picture_of_the_day(framed, days),
        feed(site, days),
        embedding(site),
    )
