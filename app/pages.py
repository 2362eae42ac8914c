"""The pages that show one picture: `/`, `/c/<category>` and `/i/<hash>`."""

import os
import re
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup, escape

from app.dress import Dress
from app.errors import EMPTY_HINT, Gone, NotFound, NothingToShow
from app.languages import language_tag, locale_chooser
from app.lines import CURRENT, line_of
from app.names import Developer, Names
from app.open_index import OpenIndex
from app.permalinks import Credit, Permalinks
from app.words import alternative_text, title_of
from core.slugs import nearest
from store.picking import IndexReader, Picture
from store.settings import Settings
from store.tables import LIVE

_SHORT_HASH = re.compile(r"[0-9a-f]{12}")
_MOST_DRAWS = 64  # where four of five files are gone, one page in 1.6 million finds none
HUES = 12  # style.css has as many
SMALL_PX = 96  # up to this width a picture is enlarged less
# (any kind or one, small or not) → what is true in the template
_VARIANTS = {
    (True, True): frozenset({"is_of_any_kind", "is_small"}),
    (True, False): frozenset({"is_of_any_kind"}),
    (False, True): frozenset({"is_small"}),
    (False, False): frozenset[str](),
}


def picture_pages(
    settings: Settings, index: OpenIndex, dress: Dress, permalinks: Permalinks
) -> Blueprint:
    """Return the three pages."""
    pages = Blueprint("pages", __name__)
    names = Names()
    locale_of = locale_chooser(settings.default_locale)
    folder = os.fspath(settings.images_folder)

    def is_there(picture: Picture) -> bool:
        # a Path would take three times as long
        return os.path.isfile(f"{folder}/{picture.category}/{picture.file}")  # noqa: PTH113

    def draw(reader: IndexReader, slug: str | None = None) -> Picture:
        """Draw until a picture's file is there: single ones may have been deleted by hand."""
        for _ in range(_MOST_DRAWS):
            picture = reader.pick(slug)
            if picture is None:
                raise NothingToShow("nothing has been generated yet", EMPTY_HINT)
            if is_there(picture):
                return picture
        raise NothingToShow(
            "the pictures in the index are not in the store", "compare the two with: flask verify"
        )

    def new_page(picture: Picture, another: str) -> Response:
        """Show a picture under a new name; nobody keeps this page."""
        locale = locale_of(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        developer = Developer(names.draw(locale), locale)
        values = _values(picture, Credit(developer, CURRENT))
        values["another"] = another
        values["permalink"] = permalinks.address(picture.short_hash, developer)
        return dress.quick_page(
            "picture.html", _VARIANTS[another == "/", _is_small(picture)], values
        )

    @pages.get("/")
    def random_page() -> Response:
        return new_page(draw(index.reader()), "/")

    @pages.get("/c/<slug>")
    def category_page(slug: str) -> Response:
        reader = index.reader()
        if reader.pick(slug) is None:
            known = nearest(slug[:100], [category.slug for category in reader.categories()])
            raise NotFound(
                f"there is no category {slug[:100]}",
                f"did you mean {known}?" if known else "all of them are at /categories",
                what="category",
                instead=f"/c/{known}" if known else "",
            )
        return new_page(draw(reader, slug), f"/c/{slug}")

    @pages.get("/i/<short_hash>")
    def kept_page(short_hash: str) -> Response:
        if not _SHORT_HASH.fullmatch(short_hash):
            raise NotFound(
                f"there is no picture {short_hash[:100]}",
                "a picture's address ends in 12 digits from 0 to 9 and a to f",
                what="picture",
            )
        picture = index.reader().by_hash(short_hash)
        if picture is None:
            raise NotFound(f"there is no picture {short_hash}", what="picture")
        if picture.state != LIVE or not is_there(picture):
            raise Gone(f"the picture {short_hash} was taken away", "there are others at /")
        return dress.page(
            "picture.html",
            # the picture may be taken away, and a nonce is for one answer
            cache_control="no-cache",
            **_values(picture, permalinks.credit(short_hash, request.args.get("by", ""))),
            another="/",
            origin=request.host_url.rstrip("/"),
            is_kept=True,
            is_of_any_kind=True,
            is_small=_is_small(picture),
        )

    return pages


def picture_address(picture: Picture) -> str:
    """Return where a picture's bytes are; for an adopted name also which bytes are meant."""
    address = f"/images/{picture.category}/{picture.file}"
    return address if picture.short_hash in picture.file else f"{address}?v={picture.short_hash}"


def _is_small(picture: Picture) -> bool:
    return picture.width <= SMALL_PX


def _values(picture: Picture, credit: Credit) -> dict[str, Any]:
    """Return what the template shows of a picture and its developer."""
    name = credit.developer.name
    line = line_of(picture.short_hash, name, credit.version)
    # isolated: a name written from right to left would else turn the words beside it
    element = f'<bdi lang="{language_tag(credit.developer.locale)}">{escape(name)}</bdi>'
    return {
        "title": title_of(picture.name),
        "hue": int(picture.short_hash[:2], 16) % HUES,
        "number": picture.short_hash,
        "name": picture.name,
        "category": picture.category,
        "address": picture_address(picture),
        "alternative": alternative_text(picture.name),
        "width": picture.width,
        "height": picture.height,
        "line": line.replace("{name}", name),
        "line_html": Markup(line.replace("{name}", element)),  # the name is escaped
    }
