"""The whole site as files: its own pages, rendered by itself, with the pictures beside them.

It appears whole or not at all, and running again replaces what the last run wrote. One page is in
memory at a time, so 100,000 pictures take no more than 60.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from app.export.links import RENDERED_AT, Links
from app.export.target import MARK, CannotExport, check_target
from app.http.static_files import StaticFiles
from app.ops.index_handle import OpenIndex
from app.pictures.addresses import picture_address
from core.files import folder_written_whole
from core.settings import Settings
from store.curation.withheld import Withheld
from store.files.morphs import MorphFolder
from store.files.opening import open_pictures
from store.queries.gallery import PAGE, Gallery, Shelf, Shelves
from store.queries.reader import IndexReader
from store.queries.rows import Picture
from store.queries.shuffle import read_walk

CHUNK = 256  # pictures of one file of the index: about 30 kB
SITEMAP_MOST = 50_000  # addresses of one sitemap (sitemaps.org)
# what counts whether the index is the same as when the export began
_STATE = "SELECT COUNT(*), COALESCE(SUM(id), 0) FROM image WHERE state = 'live'"


@dataclass(frozen=True)
class Exported:
    """What was written."""

    pictures: int
    pages: int


def export_site(
    create_app: Callable[[Settings], Flask],
    settings: Settings,
    target: Path,
    base_path: str,
    origin: str,
    progress: Callable[[Iterator[Picture], int], Iterator[Picture]],
) -> Exported:
    """Write the site to ``target``; ``create_app`` makes the site that is asked for its pages.

    Raises `CannotExport`, `IndexMissing`, `IndexUnusable`.
    """
    check_target(target, settings)
    application = create_app(replace(settings, trusted_hosts=(), proxy_count=0))
    index: OpenIndex = application.extensions["index"]
    reader = index.reader()
    before = reader.ask(_STATE, {})
    if not Gallery(reader).shelves().total:
        raise CannotExport("there is nothing to export", "make pictures with: flask pregen")
    try:
        with folder_written_whole(target) as folder:
            export = _Export(application.test_client(), reader, settings, folder, base_path, origin)
            written = export.write(progress)
            if reader.ask(_STATE, {}) != before:
                raise CannotExport(
                    "the pictures changed while the site was written", "run it again"
                )
    except OSError as error:
        raise CannotExport(
            f"could not write {target} ({error.strerror})", "check its disk, owner and mode"
        ) from error
    return written


class _Export:
    """One export, into a folder that is not shown yet."""

    def __init__(
        self, client: FlaskClient, reader: IndexReader, settings: Settings, folder: Path,
        base_path: str, origin: str,
    ) -> None:  # fmt: skip
        self._client, self._reader, self._settings = client, reader, settings
        self._folder, self._origin = folder, origin
        self._store = open_pictures(settings)
        self._gallery = Gallery(reader)
        self._shelves: Shelves = self._gallery.shelves()
        self._static = self._write_static()
        slugs = frozenset(shelf.slug for shelf in self._shelves.shelves)
        self._links = Links(
            base_path, origin, self._file_of, self._step_hash, slugs, self._static["export.js"]
        )
        self._pages = 0
        self._listed: list[str] = []  # addresses of the sitemap, less those of pictures

    def write(self, progress: Callable[[Iterator[Picture], int], Iterator[Picture]]) -> Exported:
        """Write everything; return what that was."""
        total = self._shelves.total
        for picture in progress(self._pictures(), total):
            self._put_picture(picture)
        self._put_index()
        self._put_page("/", "index.html")
        for number in range((total - 1) // PAGE + 1):
            self._put_page(f"/gallery?page={number + 1}")
        for shelf in self._shelves.shelves:
            for number in range((shelf.pictures - 1) // PAGE + 1):
                self._put_page(f"/c/{shelf.slug}?page={number + 1}")
            place = f"{self._links.base}c/{shelf.slug}/random/"
            self._put_page(
                f"/c/{shelf.slug}/random", is_listed=False, here=place,
                any=f"{shelf.first} {shelf.pictures}",
            )  # fmt: skip
        for path in ("/categories", "/about", "/favourites"):
            self._put_page(path)
        self._put_morphs()
        self._put_rest()
        if self._origin:
            self._put_sitemap()
        return Exported(total, self._pages)

    def _pictures(self) -> Iterator[Picture]:
        """Every live picture, in the order of their numbers."""
        for shelf in self._shelves.shelves:
            for first in range(0, shelf.pictures, CHUNK):
                yield from self._page_of(shelf, first)

    def _page_of(self, shelf: Shelf, first: int) -> list[Picture]:
        return self._gallery.page_of(shelf.slug, first, CHUNK)

    def _put_picture(self, picture: Picture) -> None:
        target = self._folder / "images" / picture.category / picture.file
        target.parent.mkdir(parents=True, exist_ok=True)
        if not self._store.give_to(picture.category, picture.file, target):
            raise CannotExport(
                f"{picture.category}/{picture.file} is not in the store", "see: flask verify"
            )
        self._put_page(
            f"/i/{picture.short_hash}?in=category",
            is_listed=False,
            number=self._shelves.number(picture.category, picture.ord),
        )

    def _put_index(self) -> None:
        """The list of pictures, in pieces, for the shuffle and for other programs."""
        base = self._links.base
        self._put_json("pictures/index.json", {
            "total": self._shelves.total,
            "chunk": CHUNK,
            "categories": [
                {"slug": shelf.slug, "name": shelf.name, "pictures": shelf.pictures,
                 "first": shelf.first, "url": f"{base}c/{shelf.slug}/"}
                for shelf in self._shelves.shelves
            ],
        })  # fmt: skip
        waiting: list[dict[str, object]] = []
        written = 0
        for picture in self._pictures():
            waiting.append({
                "id": picture.short_hash, "category": picture.category,
                "url": f"{base}images/{picture.category}/{picture.file}",
                "page": f"{base}i/{picture.short_hash}/",
                "width": picture.width, "height": picture.height,
            })  # fmt: skip
            if len(waiting) == CHUNK:
                self._put_json(f"pictures/{written}.json", {"pictures": waiting})
                waiting, written = [], written + 1
        if waiting:
            self._put_json(f"pictures/{written}.json", {"pictures": waiting})

    def _put_page(
        self, address: str, file: str = "", *, is_listed: bool = True, **marks: object
    ) -> None:
        path = self._links.path_of(address)
        assert path is not None, address
        place = path.removeprefix(self._links.base)
        text = self._links.page(self._get(address), **marks)
        self._put(file or f"{place}index.html", text.encode())
        self._pages += 1
        if is_listed:
            self._listed.append(path)

    def _put_morphs(self) -> None:
        """The latent walks, where there are some."""
        found = self._client.get("/morphs", base_url=RENDERED_AT)
        if found.status_code != 200:
            return
        last = re.search(r"Page \d+ of ([\d,]+)", found.text)
        for number in range(1, (int(last[1].replace(",", "")) if last else 1) + 1):
            self._put_page(f"/morphs?page={number}")
            self._put_page(f"/morphs?page={number}&still")
        folder = MorphFolder(self._settings.instance_folder)
        for morph in Withheld(lambda: self._reader).shown(folder.all()):
            for name in (morph.file, morph.still):
                self._put(f"morphs/{name}", (folder.folder / name).read_bytes())

    def _put_rest(self) -> None:
        listed = json.loads(self._get("/categories.json"))
        for each in listed["categories"]:
            each["url"] = self._links.path_of(each["url"])
        self._put_json("categories.json", listed)
        about = (self._folder / "about" / "index.html").read_text(encoding="utf-8")
        for name, version in set(re.findall(r"about/([A-Za-z0-9_.\-]+)/(\d+)\.txt", about)):
            self._put(f"about/{name}/{version}.txt", self._get(f"/about/{name}/{version}").encode())
        absent = self._client.get("/absent", base_url=RENDERED_AT).text
        self._put("404.html", self._links.page(absent).encode())
        for name in ("favicon.svg", "favicon.ico"):
            self._put(name, self._client.get(f"/{name}", base_url=RENDERED_AT).data)
        sitemap = f"Sitemap: {self._origin}{self._links.base}sitemap.xml\n" if self._origin else ""
        self._put("robots.txt", f"User-agent: *\nAllow: /\n{sitemap}".encode())
        self._put_json(MARK, {"made by": "flask export-site", "pictures": self._shelves.total})

    def _put_sitemap(self) -> None:
        """One list of 50,000 addresses after the other, and a list of these."""
        here = f"{self._origin}{self._links.base}"

        def addresses() -> Iterator[str]:
            yield from (f"{self._origin}{path}" for path in self._listed)
            yield from (f"{here}i/{picture.short_hash}/" for picture in self._pictures())

        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        lists: list[str] = []
        lines: list[str] = []

        def put_lines() -> None:
            name = f"sitemaps/{len(lists)}.xml"
            body = "".join(f"<url><loc>{line}</loc></url>\n" for line in lines)
            self._put(name, f"{head}<urlset {space}>\n{body}</urlset>\n".encode())
            lists.append(f"<sitemap><loc>{here}{name}</loc></sitemap>\n")
            lines.clear()

        for address in addresses():
            lines.append(address)
            if len(lines) == SITEMAP_MOST:
                put_lines()
        if lines:
            put_lines()
        body = "".join(lists)
        self._put("sitemap.xml", f"{head}<sitemapindex {space}>\n{body}</sitemapindex>\n".encode())

    def _write_static(self) -> dict[str, str]:
        """The site's own files; what they name of each other lies beside them."""
        addresses = StaticFiles().addresses
        for address in addresses.values():
            data = self._client.get(address, base_url=RENDERED_AT).data
            if address.endswith(".css"):
                data = data.replace(b"url(/static/", b"url(")
            if address == addresses["export.js"]:
                walk = addresses["walk.js"].rpartition("/")[2]
                data = data.replace(b'"./walk.js"', f'"./{walk}"'.encode())
            self._put(address.lstrip("/"), data)
        return addresses

    def _get(self, address: str) -> str:
        answer = self._client.get(address, base_url=RENDERED_AT, headers={"Accept": "text/html"})
        if answer.status_code != 200:
            raise CannotExport(
                f"the page {address} could not be rendered ({answer.status})", "see: flask verify"
            )
        return answer.text

    def _put(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _put_json(self, name: str, value: object) -> None:
        self._put(name, (json.dumps(value, ensure_ascii=False) + "\n").encode())

    def _file_of(self, short_hash: str) -> str:
        picture = self._reader.by_hash(short_hash)
        return picture_address(picture, 2**31) if picture else f"/images/{short_hash}"

    def _step_hash(self, text: str) -> str:
        walk = read_walk(text)
        picture = self._gallery.step(walk) if walk else None
        return picture.short_hash if picture else ""
