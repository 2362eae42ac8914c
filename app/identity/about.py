"""The owner's text for /about: Markdown, made to HTML that does nothing but show it.

Markdown may hold HTML. What only sets text is kept; a tag that does more is complained about, and
whatever else could run or load is taken out (nh3, the allow-list of ammonia).
"""

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from core.slugs import slugify
from core.toml.sheet import TomlTable

if TYPE_CHECKING:
    from markdown_it.token import Token

_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def read_about(top: TomlTable) -> Markup:
    """Return the HTML of the key ``about``; empty where there is none. Raises the sheet's error."""
    text: str = top.take("about", str, '"""…"""', "")
    if not text.strip():
        return Markup()
    # imported for those who have such a text
    import nh3
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        pieces = [token.content] if token.type == "html_block" else [
            child.content for child in token.children or () if child.type == "html_inline"
        ]  # fmt: skip
        for tag in _TAG.findall(" ".join(pieces)):
            if tag.lower() not in nh3.ALLOWED_TAGS:
                raise top.wrong(
                    "about", f"about holds <{tag}>, which Markdown cannot have here",
                    "write it as Markdown; what every page shall load goes into [head]",
                    below=token.map[0] if token.map else None,
                )  # fmt: skip
    _fit_headings(tokens)
    html = parser.renderer.render(tokens, parser.options, {})
    attributes = {**nh3.ALLOWED_ATTRIBUTES, **{tag: {"id"} for tag in _HEADINGS}}
    return Markup(nh3.clean(html, attributes=attributes, link_rel=None))  # noqa: S704


def _fit_headings(tokens: "list[Token]") -> None:
    """Put headings below the page's own h1, without a gap, and give each an id of its words."""
    used = sorted({token.tag for token in tokens if token.type == "heading_open"})
    before = 1  # the page's own
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type == "heading_open":
            before = min(used.index(opening.tag) + 2, before + 1, 6)
            opening.tag = closing.tag = f"h{before}"
            opening.attrSet("id", slugify(inline.content).replace("_", "-"))
