"""Every advice that `flask verify` can print, followed: the store is whole, and verify is clean."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from core.settings import Settings
from pregen.verifying.differences import REMEDIES
from store.files.protocol import PictureStore
from store.index.states import LIVE
from tests.pregen.indexing.test_losing_nothing import (  # noqa: F401 (fixtures)
    PREGEN,
    Flask,
    contents,
    drawn,
    flask,
    pictures,
    put,
    settings,
    states,
)
from tests.scaled import empty_again, run_sql

PLACES = ("rejected", "off", "set-aside")


@dataclass
class Site:
    """What a fault is made in."""

    flask: Flask
    pictures: PictureStore
    settings: Settings

    def beside(self, name: str) -> PictureStore:
        return self.pictures.beside(name, self.settings.instance_folder)

    def everything(self) -> set[bytes]:
        """The bytes of all files, wherever they lie."""
        places = [self.pictures, *map(self.beside, PLACES)]
        return {
            data
            for place in places
            for slug in place.categories()
            for data in contents(place, slug).values()
        }

    def hats(self) -> list[str]:
        return self.pictures.files_of("hat")


@pytest.fixture
def site(flask: Flask, pictures: PictureStore, settings: Settings) -> Site:  # noqa: F811
    """Generated pictures, one of them rejected, adopted ones, and a category that is off."""
    flask(*PREGEN)
    for number in range(2):
        put(pictures, "pizza", f"{number}.png", drawn(number))
        put(pictures, "pasta", f"{number}.png", drawn(10 + number))
    flask("index")
    flask("curate", "reject", f"hat/{pictures.files_of('hat')[5]}", "pizza/1.png")
    flask("curate", "category", "off", "pasta")
    flask("verify")
    return Site(flask, pictures, settings)


def gone(site: Site) -> None:
    for file in site.hats()[:2]:
        site.pictures.remove("hat", file)


def not_mounted(site: Site) -> None:
    """The images folder is another one for a moment, in which `flask index` is run."""
    kept = {slug: contents(site.pictures, slug) for slug in site.pictures.categories()}
    for slug, files in kept.items():
        for file in files:
            site.pictures.remove(slug, file)
    assert "13 missing" not in site.flask("index").output
    for slug, files in kept.items():
        site.pictures.put_all(slug, files)


def put_by_hand(site: Site) -> None:
    put(site.pictures, "pizza", "new.png", drawn(20))
    put(site.pictures, "burger", "new.png", drawn(21))
    put(site.pictures, "pasta", "new.png", drawn(22))  # off
    put(site.pictures, "pizza", "1.png", drawn(23))  # under the name of a rejected one
    put(site.pictures, "pasta", "1.png", drawn(24))  # under the name of one that is off


def no_pictures(site: Site) -> None:
    hats = site.hats()
    put(site.pictures, "pizza", "broken.png", b"\x89PNG\r\n")  # without a row
    put(site.pictures, "hat", hats[0], b"cut off")  # a live one
    site.beside("off").put_all("pasta", {"0.png": b"cut off"})
    site.beside("rejected").put_all("pizza", {"other.png": b"cut off"})


def replaced(site: Site) -> None:
    hats = site.hats()
    put(site.pictures, "hat", hats[0], drawn(30))
    put(site.pictures, "pizza", "0.png", drawn(31))
    other = site.pictures.read("hat", hats[2])
    assert other is not None
    put(site.pictures, "hat", hats[1], other)


def twice(site: Site) -> None:
    hat = site.pictures.read("hat", site.hats()[0])
    assert hat is not None
    put(site.pictures, "hat", "copy.webp", hat)


def rejected_again(site: Site) -> None:
    for slug in ("hat", "pizza"):
        rejected = contents(site.beside("rejected"), slug)
        site.pictures.put_all(slug, rejected)
        put(site.pictures, slug, "again.png", next(iter(rejected.values())))


def off_again(site: Site) -> None:
    put(site.pictures, "pasta", "0.png", drawn(10))


def off_changed(site: Site) -> None:
    site.beside("off").put_all("pasta", {"0.png": drawn(40)})


def off_gone(site: Site) -> None:
    site.beside("off").remove("pasta", "0.png")


def rejected_changed(site: Site) -> None:
    site.beside("rejected").put_all("pizza", {"1.png": drawn(50)})


def miscounted(site: Site) -> None:
    run_sql(site.settings, "UPDATE category SET n = 9 WHERE slug = 'bird'")
    run_sql(site.settings, "UPDATE category SET ord = 7 WHERE slug = 'hat'")


def damaged(site: Site) -> None:
    path = site.settings.sqlite_path
    assert path is not None
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 4096)
    with pytest.raises(sqlite3.DatabaseError):
        connection = sqlite3.connect(path)
        for (line,) in connection.execute("PRAGMA quick_check"):
            if line != "ok":
                raise sqlite3.DatabaseError(line)


FAULTS: dict[Callable[[Site], None], str] = {
    gone: "missing",
    not_mounted: "orphaned",
    put_by_hand: "orphaned",
    no_pictures: "unreadable",
    replaced: "changed",
    twice: "copy",
    rejected_again: "rejected but there",
    off_again: "off but there",
    off_changed: "off, changed",
    off_gone: "off, missing",
    rejected_changed: "rejected, changed",
    miscounted: "wrong counts",
    damaged: "damaged index",
}


def test_every_kind_of_advice_is_followed_here() -> None:
    # what a rebuild of pictures finds has no command: it says where the difference comes from
    assert set(FAULTS.values()) == set(REMEDIES) - {"not as generated"}
    assert not any("delete" in text for text in REMEDIES.values())


def advised(said: str) -> Iterator[tuple[str, str]]:
    """Yield kind and advice of each kind that verify found."""
    for line in said.splitlines():
        if match := re.fullmatch(r"[\d,]+ (?P<kind>[a-z, ]+?); (?P<advice>.+)", line):
            yield match["kind"], match["advice"]


def follow(site: Site, said: str, kind: str, advice: str, choice: int) -> None:
    """Type what an advice says: where it offers two ways, the first or the second."""
    assert advice == REMEDIES[kind].format(slugs="pasta")
    ways = re.split(r"; (?=to have)|, or (?=forget)", advice)
    way = ways[choice % len(ways)]
    if way.startswith("move it away"):
        empty_again(site.settings)
    if "move them out of the store, then" in way:
        for label in re.findall(rf"^{kind}: (\S+)$", said, re.MULTILINE):
            slug, file = label.split("/")
            data = site.pictures.read(slug, file)
            assert data is not None
            put(site.beside("set-aside"), slug, f"by-hand-{file}", data)
            site.pictures.remove(slug, file)
    commands = re.findall(r"flask ([a-z][a-z \-]*)", way)
    assert commands, way
    for command in commands:
        site.flask(*command.split())


@pytest.mark.parametrize("choice", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_what_verify_advises_mends(fault: Callable[[Site], None], choice: int, site: Site) -> None:
    if fault is damaged and site.settings.sqlite_path is None:
        pytest.skip("PostgreSQL looks after its own files")
    rejected = {sha for state, sha in states(site.settings).values() if state == "rejected"}
    fault(site)
    before = site.everything()
    said = site.flask("verify", fails=True).output
    assert FAULTS[fault] in {kind for kind, _ in advised(said)}, said
    for _ in range(6):
        found = list(advised(said))
        if not found:
            break
        follow(site, said, *found[0], choice)
        said = _verify(site)
    assert "store and index agree" in said, said
    assert site.everything() >= before
    live = {sha for state, sha in states(site.settings).values() if state == LIVE}
    assert not live & rejected


def _verify(site: Site) -> str:
    from app import create_app

    return create_app(site.settings).test_cli_runner().invoke(args=["verify"]).output
