"""The whole site as files: its own pages, rendered by itself, with the pictures beside them.

It appears whole or not at all, and running again replaces what the last run wrote. One page is in
memory at a time; only the ring of all pictures grows with their number, by 100 bytes each.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from flask import Flask

from app.browser.generators import BrowserGenerators, put_files
from app.export.folder import Folder
from app.export.links import RENDERED_AT, Links
from app.export.lists import write_lists
from app.export.scripts import write_scripts
from app.export.sitemap import write_sitemap
from app.export.target import CannotExport, check_target, write_mark
from app.http.static_files import StaticFiles
from app.ops.index_handle import OpenIndex
from app.pictures.addresses import picture_address
from app.pictures.tiles import TILE_PX
from app.site.context import Site
from core.files import folder_written_whole
from core.settings import Settings
from store.curation.withheld import Withheld
from store.files.morphs import MorphFolder
from store.formats.licensing import licensed
from store.queries.gallery import PAGE, Gallery, Shelves
from store.queries.reader import IndexReader
from store.queries.rows import Picture
from store.queries.shuffle import read_walk

_AT_ONCE = 256  # pictures asked for in one question
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
    application = create_app(
        replace(settings, url="", script_name="", trusted_hosts=(), proxy_count=0, count_visits=0)
    )
    index: OpenIndex = application.extensions["index"]
    reader = index.reader()
    before = reader.ask(_STATE, {})
    if not Gallery(reader).shelves().total:
        raise CannotExport("there is nothing to export", "make pictures with: flask pregen")
    try:
        with folder_written_whole(target) as folder:
            export = _Export(application, reader, settings, Folder(folder), base_path, origin)
            written = export.write(progress)
            write_mark(folder, written.pictures)
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
        self, application: Flask, reader: IndexReader, settings: Settings, folder: Folder,
        base_path: str, origin: str,
    ) -> None:  # fmt: skip
        site: Site = application.extensions["site"]
        site.renderer.tell(is_exported=True)
        self._application = application
        self._site, self._client = site, application.test_client()
        self._generators: BrowserGenerators | None = application.extensions.get("generators")
        self._live = self._generators.first() if self._generators else ""  # a model's name
        self._reader, self._settings = reader, settings
        self._folder, self._origin = folder, origin
        self._gallery = Gallery(reader)
        self._shelves: Shelves = self._gallery.shelves()
        self._write_static()
        self._links = Links(
            base_path, origin, self._file_of, self._step_hash,
            frozenset(shelf.slug for shelf in self._shelves.shelves),
            (*self._single_pages(), *(("/live",) if self._live else ())),
            write_scripts(folder), site.identity.head.sources,
        )  # fmt: skip
        self._pages = 0
        self._tiles: set[str] = set()  # small pictures that were written
        self._listed: list[str] = []  # addresses of the sitemap, less those of pictures

    def write(self, progress: Callable[[Iterator[Picture], int], Iterator[Picture]]) -> Exported:
        """Write everything; return what that was."""
        total = self._shelves.total
        for picture in progress(self._pictures(), total):
            self._put_picture(picture)
        write_lists(
            self._folder, self._links.base, self._shelves, self._pictures(), self._site.licences,
            self._site.phrases,
        )  # fmt: skip
        self._put_page("/", "index.html")
        for number in range((total - 1) // PAGE + 1):
            self._put_page(f"/gallery?page={number + 1}")
        for shelf in self._shelves.shelves:
            for number in range((shelf.pictures - 1) // PAGE + 1):
                self._put_page(f"/c/{shelf.slug}?page={number + 1}")
            self._put_page(
                f"/c/{shelf.slug}/random", is_listed=False, here=f"c/{shelf.slug}/random/",
                any=f"{shelf.first} {shelf.pictures}",
            )  # fmt: skip
        for path in self._single_pages():
            self._put_page(path)
        self._put_page("/favourites?ids=", "favourites/shared/index.html", is_listed=False)
        self._put_live()
        self._put_morphs()
        self._put_rest()
        if self._origin:
            pages = (f"{self._links.base}i/{each.short_hash}/" for each in self._pictures())
            addresses = (f"{self._origin}{path}" for path in chain(self._listed, pages))
            write_sitemap(self._folder, f"{self._origin}{self._links.base}", addresses)
        return Exported(total, self._pages)

    def _single_pages(self) -> tuple[str, ...]:
        """Return the pages of which there is one each; the game takes two categories."""
        names = {shelf.name.casefold() for shelf in self._shelves.shelves}
        game = ("/play",) if self._site.identity.offers.game and len(names) > 1 else ()
        return ("/categories", "/about", "/favourites", "/seed", *game)

    def _pictures(self) -> Iterator[Picture]:
        """Every live picture, in the order of their numbers."""
        for shelf in self._shelves.shelves:
            for first in range(0, shelf.pictures, _AT_ONCE):
                yield from self._gallery.page_of(shelf.slug, first, _AT_ONCE)

    def _put_picture(self, picture: Picture) -> None:
        target = self._folder.new(f"images/{picture.category}/{picture.file}")
        if not self._site.store.give_to(picture.category, picture.file, target):
            raise CannotExport(
                f"{picture.category}/{picture.file} is not in the store", "see: flask verify"
            )
        self._folder.change(target, self._with_licence)
        self._put_page(
            f"/i/{picture.short_hash}?in=category",
            is_listed=False,
            number=self._shelves.number(picture.category, picture.ord),
        )

    def _with_licence(self, data: bytes) -> bytes:
        return licensed(data, self._site.licences.generated)

    def _put_page(
        self, address: str, file: str = "", *, is_listed: bool = True, **marks: object
    ) -> None:
        path = self._links.path_of(address)
        assert path is not None, address
        file = file or f"{path.removeprefix(self._links.base)}index.html"
        self._folder.put_text(file, self._links.page(self._get(address), file, **marks))
        self._pages += 1
        if is_listed:
            self._listed.append(path)

    def _put_live(self) -> None:
        """Where visitors' browsers invent pictures, with the generator that they do it by."""
        if self._generators and put_files(self._generators, self._live, self._folder.put):
            self._put_page(f"/live?stored&model={self._live}", is_listed=False)

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
                data = (folder.folder / name).read_bytes()
                self._folder.put(f"morphs/{name}", self._with_licence(data))

    def _put_rest(self) -> None:
        folder, links = self._folder, self._links
        listed = json.loads(self._get("/categories.json"))
        for each in listed["categories"]:
            each["url"] = links.path_of(each["url"])
        folder.put_json("categories.json", listed)
        about = set(re.findall(r'"/about/([A-Za-z0-9_.\-]+)/(\d+)"', self._get("/about")))
        for name, version in about:
            folder.put_text(f"about/{name}/{version}.txt", self._get(f"/about/{name}/{version}"))
        absent = self._client.get("/absent", base_url=RENDERED_AT).text
        folder.put_text("404.html", links.page(absent, "", absent=""))
        for name in ("favicon.svg", "favicon.ico"):
            icon = self._client.get(f"/{name}", base_url=RENDERED_AT)
            if icon.status_code == 200:  # an owner's may be of one kind alone
                folder.put(name, icon.data)
        sitemap = f"Sitemap: {self._origin}{links.base}sitemap.xml\n" if self._origin else ""
        folder.put_text("robots.txt", f"User-agent: *\nAllow: /\n{sitemap}")

    def _write_static(self) -> None:
        """Write the site's own files; what they name of each other lies beside them."""
        static: StaticFiles = self._application.extensions["static"]
        for address in static.addresses.values():
            data = self._client.get(address, base_url=RENDERED_AT).data
            self._folder.put(address.lstrip("/"), data)

    def _get(self, address: str) -> str:
        answer = self._client.get(address, base_url=RENDERED_AT, headers={"Accept": "text/html"})
        if answer.status_code != 200:
            raise CannotExport(
                f"the page {address} could not be rendered ({answer.status})", "see: flask verify"
            )
        return answer.text

    def _file_of(self, size: str, file: str) -> str:
        """Return where a picture is here that the site has in a size: small ones are on walls."""
        name = f"sized/{size}/{file}"
        if name in self._tiles:
            return name
        picture = self._reader.by_hash(file[:12])
        if picture is None:
            return f"/images/{file}"
        if size != str(TILE_PX):
            return picture_address(picture, 2**31)
        answer = self._client.get(f"/{name}", base_url=RENDERED_AT)
        if answer.status_code != 200:
            raise CannotExport(
                f"{picture.label} could not be made smaller ({answer.status})", "see: flask verify"
            )
        self._folder.put(name, answer.data)
        self._tiles.add(name)
        return name

    def _step_hash(self, text: str) -> str:
        walk = read_walk(text)
        picture = self._gallery.step(walk) if walk else None
        return picture.short_hash if picture else ""
