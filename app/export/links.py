"""Pages of the site, made to stand by themselves: other addresses, no nonce, nothing absent linked.

A static host has no query strings, so what the site has behind `?` becomes a folder:

    /gallery?page=2         gallery/2/          /c/hat?page=2     c/hat/2/
    /i/<hash>?in=category   i/<hash>/           /?walk=…          the page of that step's picture
    /i/<hash>?in=gallery    i/<hash>/#in=gallery    /favourites?ids=…   favourites/shared/?ids=…
    /about/emoji/1          about/emoji/1.txt   /sized/512/…      the picture itself;
    /sized/256/…, on walls  sized/256/…
    /live?stored            live/

Links are absolute below the base path where one is given. Else they are relative, and name each
`index.html`, so that the site is whole wherever it lies: below any path, or in a folder without a
server.
"""

import html
import re
from collections.abc import Callable, Mapping

from app.export.target import RELATIVE
from app.http.site_address import outside_inline

_QUERY = re.compile(r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?P<fragment>#.*)?")
_PAGE = re.compile(r"(?:^|&)page=(\d+)")
_ANCHOR = re.compile(r'<a\b[^>]*?\bhref="(?P<href>[^"]*)"[^>]*>(?P<inside>.*?)</a>\n?', re.DOTALL)
_NAV = re.compile(r"<nav\b.*?</nav>", re.DOTALL)
_ATTRIBUTE = re.compile(
    r' (?P<name>href|src|srcset|action|data-share|data-link|data-live|content)="(?P<value>[^"]*)"'
)
_SITE_SCRIPT = re.compile(r'<script src="/static/site\.[^>]*></script>\n')
_KEPT = re.compile(
    r"/(?:images|static|morphs|live/files)/|/favicon\.(?:svg|ico)$|/categories\.json$"
)
_POLICY = {
    "default-src": "'none'",
    # blob: for pictures that a script fetched, whose address would tell what they are of
    "img-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "style-src": "'self'",
    "script-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
RENDERED_AT = "http://localhost"  # what stands for the site's own address in rendered pages


class Links:
    """Turns the site's addresses and pages into those of the exported site."""

    def __init__(
        self,
        base_path: str,
        origin: str,
        picture_file: Callable[[str, str], str],
        step_hash: Callable[[str], str],
        categories: frozenset[str],
        single_pages: tuple[str, ...],
        scripts: str,
        sources: Mapping[str, tuple[str, ...]],
    ) -> None:
        """``picture_file``: size and name below /sized/ → address of the file; ``step_hash``:
        walk → short hash; ``categories``: slugs of those that have pages; ``single_pages``: the
        site's addresses of pages of which there is one each; ``scripts``: elements of scripts
        that pages begin with; ``sources``: what else they may load, by directive of a policy."""
        self._policy = _policy(sources)
        self.base = "/" if base_path == RELATIVE else base_path
        self._is_relative, self._origin = base_path == RELATIVE, origin
        self._picture_file, self._step_hash = picture_file, step_hash
        self._categories, self._single_pages = categories, single_pages
        self._scripts = scripts

    def path_of(self, address: str) -> str | None:
        """Return where an address of the site is to be found here; None: it is not."""
        match = _QUERY.fullmatch(address)
        assert match is not None  # it matches anything
        path, query, fragment = match["path"], match["query"] or "", match["fragment"] or ""
        found = self._folder_of(path, query)
        return None if found is None else f"{self.base}{found}{fragment}"

    def _folder_of(self, path: str, query: str) -> str | None:
        parts = path.strip("/").split("/")
        page = _PAGE.search(query)
        folder = f"{page[1]}/" if page and page[1] != "1" else ""
        if path == "/":
            walk = query.removeprefix("walk=")
            return f"i/{self._step_hash(walk)}/" if walk != query else ""
        if parts[0] == "i" and len(parts) == 2:
            return f"i/{parts[1]}/{'#in=gallery' if query == 'in=gallery' else ''}"
        if parts[0] == "sized" and len(parts) == 3:
            return self._picture_file(parts[1], parts[2]).lstrip("/")
        if _KEPT.match(path):
            return path.lstrip("/")
        if path == "/morphs":
            return f"morphs/{'still/' if 'still' in query else ''}{folder}"
        if path == "/favourites" and query.startswith("ids="):
            return f"favourites/shared/?{query}"
        if path == "/gallery" or path in self._single_pages:
            return f"{parts[0]}/{folder}"
        if parts[0] == "c" and parts[1:2] and parts[1] not in self._categories:
            return None
        if parts[0] == "c" and (len(parts) == 2 or parts[2:] == ["random"]):
            return f"{'/'.join(parts)}/{folder}"
        if parts[0] == "about" and len(parts) == 3:
            return f"{'/'.join(parts)}.txt"
        return None

    def page(self, text: str, file: str, **marks: object) -> str:
        """Return a rendered page as it stands here; ``marks`` become data- attributes of html.

        ``file``: where it is below the base; empty: anywhere.
        """
        top = "../" * file.count("/") if self._is_relative and file else None
        text = text.replace(' data-nonce=""', "")
        text = re.sub(r' nonce="[^"]*"', "", text)
        text = _NAV.sub(lambda nav: _ANCHOR.sub(self._drop_absent, nav[0]), text)
        text = _ANCHOR.sub(self._unlink_absent, text)
        text = self._cards(text)
        # before the scripts of single pages, which use what it brings
        text = _SITE_SCRIPT.sub(lambda own: own[0] + self._scripts, text)
        text = outside_inline(
            lambda part: _ATTRIBUTE.sub(lambda found: self._attribute(found, top), part), text
        )
        head = f'<meta http-equiv="Content-Security-Policy" content="{self._policy}">\n'
        text = text.replace("<title>", f"{head}<title>", 1)
        data = "".join(f' data-{key}="{html.escape(str(value))}"' for key, value in marks.items())
        base = self.base if top is None else top or RELATIVE
        return text.replace("<html ", f'<html data-base="{base}"{data} ', 1)

    def _cards(self, text: str) -> str:
        """What needs the site's own address goes where that is not known."""
        text = re.sub(r'<meta property="og:image:(?:width|height)"[^>]*>\n?', "", text)
        if not self._origin:
            text = re.sub(rf'<(?:meta|link)[^>]*"{RENDERED_AT}[^>]*>\n?', "", text)
            text = re.sub(r'<meta property="og:image:alt"[^>]*>\n?', "", text)
        return text

    def _drop_absent(self, match: re.Match[str]) -> str:
        return "" if self._is_absent(match["href"]) else match[0]

    def _unlink_absent(self, match: re.Match[str]) -> str:
        return match["inside"] if self._is_absent(match["href"]) else match[0]

    def _is_absent(self, href: str) -> bool:
        href = html.unescape(href)
        return href.startswith("/") and self.path_of(href) is None

    def _attribute(self, match: re.Match[str], top: str | None) -> str:
        value = html.unescape(match["value"])
        origin = ""
        if value.startswith(f"{RENDERED_AT}/"):
            origin, value = self._origin, value.removeprefix(RENDERED_AT)
        elif match["name"] == "content" or not value.startswith("/"):
            return match[0]
        found = self.path_of(value)
        if found is None:
            return match[0]
        if top is not None and not origin:
            found = top + _with_file(found.removeprefix("/"))
        return f' {match["name"]}="{html.escape(origin + found)}"'


def _with_file(address: str) -> str:
    """Return an address that names its file: of `i/0f1e/#in=gallery`, `i/0f1e/index.html#in=…`."""
    path, rest = re.fullmatch(r"([^?#]*)(.*)", address).groups()  # type: ignore[union-attr]
    return f"{path}index.html{rest}" if not path or path.endswith("/") else address


def _policy(sources: Mapping[str, tuple[str, ...]]) -> str:
    """Return a Content-Security-Policy that allows these sources too."""
    directives = {
        name: " ".join([*([_POLICY[name]] if name in _POLICY else []), *sources.get(name, ())])
        for name in {**_POLICY, **sources}
    }
    return "; ".join(f"{name} {allowed}" for name, allowed in directives.items() if allowed)
