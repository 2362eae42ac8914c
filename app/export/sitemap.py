"""The sitemap: lists of at most 50,000 addresses, and a list of these (sitemaps.org)."""

from collections.abc import Iterable
from itertools import islice

from app.export.folder import Folder

_MOST = 50_000  # addresses of one list
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def write_sitemap(folder: Folder, here: str, addresses: Iterable[str]) -> None:
    """Write the lists of whole ``addresses``; ``here`` is the site's own."""
    lists: list[str] = []
    waiting = iter(addresses)
    while lines := list(islice(waiting, _MOST)):
        name = f"sitemaps/{len(lists)}.xml"
        body = "".join(f"<url><loc>{line}</loc></url>\n" for line in lines)
        folder.put_text(name, f"{_HEAD}<urlset {_SPACE}>\n{body}</urlset>\n")
        lists.append(f"<sitemap><loc>{here}{name}</loc></sitemap>\n")
    body = "".join(lists)
    folder.put_text("sitemap.xml", f"{_HEAD}<sitemapindex {_SPACE}>\n{body}</sitemapindex>\n")
