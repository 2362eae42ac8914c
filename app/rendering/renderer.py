"""Pages: the site's templates, with what all of them share.

An environment of its own: Flask's render_template adds signals and context processors that no
page here uses.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response, request
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from app.http.answers import Answer
from app.http.headers import new_nonce, page_headers, page_policy
from app.http.site_address import links_below
from app.identity.files import first_faces, icon_name
from app.identity.identity import Identity

TEMPLATES = Path(__file__).parents[1] / "templates"
# from the area for private use: in no template, and in values only until they are put in
_SLOT = re.compile("\ue000([a-z_]+)\ue001")
_BETWEEN = "\ue002"


_NAV = [
    ("/gallery", "Gallery"),
    ("/categories", "Categories"),
    ("/play", "Play"),
    ("/favourites", "Favourites"),
    ("/about", "About"),
]  # fmt: skip


class PageRenderer:
    """Renders pages in the site's look."""

    def __init__(
        self, identity: Identity, static: dict[str, str], more: tuple[tuple[str, str], ...] = (),
        picture_origin: str = "",
    ) -> None:  # fmt: skip
        """``static``: addresses of static files; ``more``: links at the foot, address and name;
        ``picture_origin``: where pictures are redirected to, if anywhere."""
        self._policy = page_policy(picture_origin, identity.head.sources)
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            site=identity,
            mark=_mark if identity.offers.mark else _no_mark,
            lang=_lang(identity.lang),
            tagline_lang=_lang(identity.lang if identity.tagline != Identity().tagline else ""),
            line_lang=_lang(identity.lang if identity.lines else ""),
            icon=icon_name(identity),
            faces=first_faces(identity),
            static=static,
            nav=_NAV if identity.offers.game else [each for each in _NAV if each[0] != "/play"],
            more=more,
        )
        # a variant is a combination of a few truths, not of visitors' words
        self._skeleton = lru_cache(maxsize=256)(self._make_skeleton)

    def tell(self, **values: Any) -> None:
        """Give all templates more values; before the first page is rendered."""
        self._environment.globals.update(values)

    def page(
        self, template: str, *, status: int = 200, cache_control: str = "no-store", **values: Any
    ) -> Response:
        """Return a whole page; ``values`` are the template's own.

        Addresses in templates and values begin at the site's root, wherever that is.
        """
        nonce, root = new_nonce(), request.root_path if request else ""
        html = self._environment.get_template(template).render(nonce=nonce, root=root, **values)
        if root:
            html = links_below(root, html)
        return Response(html, status, page_headers(nonce, cache_control, self._policy))

    def quick_page(
        self, template: str, variant: frozenset[str], values: dict[str, Any], root: str = ""
    ) -> Answer:
        """Return a page that is kept by nobody, at a fraction of the cost (31 µs against 208).

        The template is rendered once for a set of names that are true in it; of ``values`` it may
        do nothing but show them. ``root``: the path below which the site lies.
        """
        nonce = new_nonce()
        shown = _shown(values)
        shown["nonce"] = nonce
        pieces, names = self._skeleton(template, variant, frozenset(values), root)
        page = pieces.copy()
        page[1::2] = [shown[name] for name in names]
        html = "".join(page)
        body = (links_below(root, html) if root else html).encode()
        headers = page_headers(nonce, "no-store", self._policy)
        headers.append(("Content-Length", str(len(body))))
        return Answer("200 OK", headers, (body,))

    def _make_skeleton(
        self, template: str, variant: frozenset[str], names: frozenset[str], root: str
    ) -> tuple[list[str], list[str]]:
        """Return a page in pieces, every second one empty, and the names of what goes there."""
        slots = {name: Markup(f"\ue000{name}\ue001") for name in names | {"nonce"}}  # noqa: S704
        truths = dict.fromkeys(variant, True)
        html = self._environment.get_template(template).render(root=root, **slots, **truths)
        pieces = _SLOT.split(html)
        found = pieces[1::2]
        pieces[1::2] = [""] * len(found)
        return pieces, found


def _lang(tag: str) -> Markup:
    """Return the attribute of an element in another language than the page's."""
    return Markup(' lang="{}"').format(tag) if tag else Markup()


def _mark(text: str = "Generated") -> Markup:
    """Return the mark that a page carries above its heading."""
    return Markup('<span class="generated">{}</span> ').format(text)


def _no_mark(text: str = "") -> Markup:  # noqa: ARG001
    return Markup()


def _shown(values: dict[str, Any]) -> dict[str, str]:
    """Return values as HTML, escaped all at once: each by itself costs a microsecond."""
    shown = {name: str(value) for name, value in values.items()}
    plain = [name for name, value in values.items() if not isinstance(value, Markup)]
    texts = str(escape(_BETWEEN.join([shown[name] for name in plain]))).split(_BETWEEN)
    if len(texts) != len(plain):  # one of them has the sign between them within it
        texts = [str(escape(shown[name])) for name in plain]
    shown.update(zip(plain, texts, strict=True))
    return shown
