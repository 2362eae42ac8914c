"""HTML that an owner adds to the head of every page, and the sources that it may load from.

A Content-Security-Policy allows nothing that it does not name. What stands in the HTML itself is
allowed by its SHA-256; what is loaded has to be among the owner's sources.
"""

import base64
import hashlib
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from markupsafe import Markup

from app.identity.identity import Head
from core.toml.sheet import TomlTable

DIRECTIVES = ("script-src", "style-src", "img-src", "font-src", "connect-src", "frame-src")
_TAGS = ("script", "style", "link", "meta")
_LOADED_AS = {"stylesheet": "style-src", "icon": "img-src", "preload": ""}
_SOURCE = re.compile(r"(?:https|wss)://(?:\*\.)?[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[\w./~%-]*)?")


def read_head(table: TomlTable | None) -> Head:
    """Return what ``[head]`` says. Raises the sheet's error where a browser would refuse it."""
    if table is None:
        return Head()
    table.finish(("html", "csp"))
    html: str = table.take("html", str, '"""<script src="https://…"></script>"""', "")
    sources = _sources(table.table("csp"))
    found = _Contents()
    found.feed(html)
    found.close()
    complaint = found.complaint or (f"<{found.open_tag}> is not closed" if found.open_tag else "")
    if complaint:
        raise table.wrong("html", f"head.html: {complaint}", "mend it, or leave it out")
    for directive, address in found.loaded:
        if not any(_allows(source, address) for source in sources.get(directive, ())):
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
            raise table.wrong(
                "html", f"head.html loads {address}, which no source allows",
                f'add, in [head.csp], for example: {directive} = ["{origin}"]',
            )  # fmt: skip
    for directive, text in found.inline:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        sources[directive] = (*sources.get(directive, ()), f"'sha256-{digest}'")
    hosts = {urlsplit(each).netloc for sites in sources.values() for each in sites}
    return Head(Markup(html.strip()), sources, tuple(sorted(hosts - {""})))  # noqa: S704


def _sources(table: TomlTable | None) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    if table is None:
        return found
    table.finish(DIRECTIVES)
    for directive in table.keys():  # noqa: SIM118
        sources = table.take(directive, list, '["https://example.org"]')
        for source in sources:
            if not isinstance(source, str) or not _SOURCE.fullmatch(source):
                raise table.wrong(
                    directive, f"{table.called(directive)} has {source!r}, not a source",
                    f'for example: {directive} = ["https://example.org"]',
                )  # fmt: skip
        found[directive] = tuple(sources)
    return found


def _allows(source: str, address: str) -> bool:
    """Say whether a source of a policy covers an address (CSP 3, 6.7.2.8, less redirects)."""
    allowed, asked = urlsplit(source), urlsplit(address)
    if (asked.scheme or "https") != allowed.scheme:
        return False
    if allowed.netloc.startswith("*."):
        if not asked.netloc.endswith(allowed.netloc[1:]):
            return False
    elif asked.netloc != allowed.netloc:
        return False
    if allowed.path.endswith("/"):
        return asked.path.startswith(allowed.path)
    return not allowed.path or asked.path == allowed.path


class _Contents(HTMLParser):
    """What a piece of HTML loads, what it has within it, and what cannot stand in a head."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.loaded: list[tuple[str, str]] = []  # directive, address
        self.inline: list[tuple[str, str]] = []  # directive, text
        self.complaint = ""
        self.open_tag = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        handlers = [name for name in given if name.startswith("on")]
        if tag not in _TAGS:
            self._complain(f"<{tag}> cannot stand in a page's head: {', '.join(_TAGS)} can")
        elif handlers or "style" in given:
            name = (handlers or ["style"])[0]
            self._complain(f"<{tag}> has {name}=, which browsers refuse here")
        if tag in ("script", "style"):
            self.open_tag, self._text = tag, []
        if tag == "script" and "src" in given:
            self._load("script-src", given["src"])
            self.open_tag = "script src"
        elif tag == "link" and "href" in given:
            for word in given.get("rel", "").lower().split():
                if _LOADED_AS.get(word):
                    self._load(_LOADED_AS[word], given["href"])

    def _complain(self, complaint: str) -> None:
        self.complaint = self.complaint or complaint  # the first is what the others come from

    def _load(self, directive: str, address: str) -> None:
        if not urlsplit(address).netloc:
            self._complain(f"{address} has no host: only files of other sites can be loaded here")
        self.loaded.append((directive, address))

    def handle_data(self, data: str) -> None:
        if self.open_tag:
            self._text.append(data)
        elif data.strip():
            self._complain(f"{data.strip()[:40]!r} is text, which would stand above the page")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.open_tag:  # without an address
            self.inline.append((f"{tag}-src", "".join(self._text)))
        self.open_tag = ""
