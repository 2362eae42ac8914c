"""`/seed?text=`: the picture of any words on a page, with a field to try others."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from app.pictures.addresses import picture_address
from app.pictures.seeded import picture_of_text
from app.pictures.tiles import print_of
from app.site.context import Site

_SAME = "The same words give the same picture, to everybody, for as long as it is here."


def seed_page(site: Site) -> Blueprint:
    """Return the page. ``category`` says of which category the picture is to be."""
    pages = Blueprint("seed", __name__)

    @pages.get("/seed")
    def words() -> Response:
        text, slug = request.args.get("text"), request.args.get("category") or None
        if text is None:
            return site.renderer.page(
                "seed.html",
                cache_control="no-cache",
                title="Name it, and it does not exist",
                place="/seed",
                same=_SAME,
            )
        picture = picture_of_text(site.index.reader(), site.is_there, text, slug)
        said = site.phrases.of(picture)
        return site.renderer.page(
            "seed.html",
            cache_control="no-cache",
            title=said.title,
            heading=said.heading,
            text=text,
            number=picture.short_hash,
            address=picture_address(picture),
            alternative=said.alternative,
            share=f"/seed?{urlencode({'text': text, **({'category': slug} if slug else {})})}",
            same=_SAME,
            **print_of(picture, site.cutouts),
        )

    return pages
