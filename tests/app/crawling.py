"""Following every link of a site, as a search engine would."""

import html
import re
from collections.abc import Callable
from typing import NamedTuple

_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_POSTED = re.compile(r'<form[^>]*method="post"[^>]*>')
# a walk and a signed name have an address for each visitor; a template has yet to be filled in
_ENDLESS = re.compile(r"[?&](?:walk|by)=|\{")


class Page(NamedTuple):
    """What an address answers."""

    status: int
    location: str  # where it leads to instead; empty: nowhere
    text: str  # empty where it is no text


def addresses_in(text: str) -> set[tuple[str, str]]:
    """Return attribute and address of everything in a page that begins with a slash.

    But for `value`: what a form sends back is the site's own business.
    """
    text = _POSTED.sub("", text)
    found = ((name, html.unescape(value)) for name, value in _ATTRIBUTE.findall(text))
    return {(name, value) for name, value in found if value.startswith("/") and name != "value"}


def crawl(fetch: Callable[[str], Page], *starts: str) -> dict[str, Page]:
    """Return the page of every address that can be reached from some on the same host."""
    pages: dict[str, Page] = {}
    waiting = [*starts]
    while waiting:
        address = waiting.pop()
        if address in pages:
            continue
        page = pages[address] = fetch(address)
        named = {value for _, value in addresses_in(page.text)} | {page.location}
        waiting += [
            each.partition("#")[0]
            for each in named
            if each.startswith("/") and not _ENDLESS.search(each)
        ]
    return pages
