"""`flask export-site`: the whole site as files, served by a plain file server."""

import html
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine

from app import create_app
from app.export.target import CannotExport, check_base_path
from app.ops.index_handle import OpenIndex
from core.licences import CC0
from core.settings import Settings
from store.files.protocol import digest
from store.files.reading import read_row
from store.formats.licensing import licensed
from store.index.states import REJECTED
from store.index.writes import add_images, ensure_category
from store.queries.gallery import Gallery
from tests.app.conftest import app_with, one
from tests.app.export.exporting import export
from tests.app.walls.test_morphs import add_walk
from tests.conftest import COUNTS, Filled, small_picture
from tests.scaled import empty_again

ABSENT = ("/curate", "/live", "/api", "/random.", "/sized/", "?walk", "?page", "?text", "?in=")


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def linked(text: str) -> set[str]:
    """Return every address that a page names."""
    found = re.findall(r' (?:href|src|srcset|data-share)="([^"]+)"', text)
    return {html.unescape(each).partition("#")[0] for each in found if each}


def target_of(folder: Path, base: str, address: str) -> Path:
    path = folder / address.removeprefix(base)
    return path / "index.html" if address.endswith("/") else path


@pytest.fixture
def many(filled: Filled) -> Filled:
    """A category of three pages, and a picture that was adopted under another name."""
    names = {f"{n}.webp": small_picture(1000 + n, "hat") for n in range(100)}
    filled.add("hat", names)
    return filled


def test_without_a_base_path_every_link_leads_to_a_file_from_where_it_is(
    many: Filled, tmp_path: Path
) -> None:
    add_walk(many.settings, 1, "hat")
    out = tmp_path / "a folder #1"
    result = export(many.settings, out)
    assert result.exit_code == 0 and f"open {out / 'index.html'}" in result.output
    pages = [page for page in sorted(out.rglob("*.html")) if page.name != "404.html"]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        top = "../" * len(page.relative_to(out).parts[1:]) or "./"
        assert one(r'data-base="([^"]+)"', text) == top
        for address in linked(text) - {CC0.url}:
            path = address.partition("?")[0]
            assert not path.startswith("/") and (page.parent / path).is_file(), (page, address)
        assert 'action="/' not in text and 'data-link="/' not in text
    assert 'href="/static/' in (out / "404.html").read_text()  # shown at any depth
    assert "/index.html#in=gallery" in (out / "gallery" / "index.html").read_text()


@pytest.mark.parametrize("base", ["/", "/some/where/"])
def test_every_link_leads_to_a_file(many: Filled, tmp_path: Path, base: str) -> None:
    result = export(many.settings, tmp_path / "out", "--base-path", base)
    assert result.exit_code == 0, result.output
    total = len(many.files)
    assert f"{total:,} pictures" in result.output
    pages = sorted((tmp_path / "out").rglob("*.html"))
    assert len(pages) > total
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<h1" in text, page
        assert "nonce" not in text and "localhost" not in text
        for address in linked(text) - {CC0.url}:  # the one link that leads elsewhere
            assert address.startswith(base), (page, address)
            assert not any(part in address for part in ABSENT), (page, address)
            assert target_of(tmp_path / "out", base, address).is_file(), (page, address)
    for style in (tmp_path / "out" / "static").glob("*.css"):
        for name in re.findall(r"url\(([^)]+)\)", style.read_text()):
            assert (style.parent / name).is_file(), name


def test_latent_walks_come_along(filled: Filled, tmp_path: Path) -> None:
    """Also of a category that has no pictures, to which nothing can lead."""
    for number in range(25):
        add_walk(filled.settings, number, "hat" if number % 2 else "ghost", "mammal")
    out = tmp_path / "out"
    result = export(filled.settings, out)
    assert result.exit_code == 0, result.output
    pages = sorted(out.glob("morphs/**/*.html"))
    assert [str(page.relative_to(out)) for page in pages] == [
        "morphs/2/index.html", "morphs/index.html",
        "morphs/still/2/index.html", "morphs/still/index.html",
    ]  # fmt: skip
    for page in pages:
        for address in linked(page.read_text()) - {CC0.url}:
            assert (page.parent / address.partition("?")[0]).is_file(), (page, address)
    assert "c/ghost" not in pages[1].read_text() and "ghost" in pages[1].read_text()


def test_pages_pictures_and_lists_hold_what_the_site_holds(many: Filled, tmp_path: Path) -> None:
    many.retire("7.webp", REJECTED)
    out = tmp_path / "out"
    assert export(many.settings, out).exit_code == 0
    written = files(out)
    live = {key: data for key, data in many.files.items() if key[1] != "7.webp"}
    for (slug, file), data in live.items():
        assert written[f"images/{slug}/{file}"] == licensed(data, CC0)
        page = written[f"i/{digest(data)[:12]}/index.html"].decode()
        assert f'src="../../images/{slug}/{file}' in page
    assert "images/hat/7.webp" not in written
    assert f"i/{digest(many.files['hat', '7.webp'])[:12]}/index.html" not in written
    listed = json.loads(written["pictures/index.json"])
    assert listed["total"] == len(live)
    assert {c["slug"]: c["pictures"] for c in listed["categories"]} == {**COUNTS, "hat": 104}
    reader = OpenIndex(many.settings).reader()
    gallery = Gallery(reader)
    shelves = gallery.shelves()
    chunks = [f"pictures/{n}.json" for n in range((len(live) - 1) // listed["chunk"] + 1)]
    numbered = [p for name in chunks for p in json.loads(written[name])["pictures"]]
    for number, each in enumerate(numbered):
        picture = gallery.page_of(*shelves.place(number), 1)[0]
        assert (each["id"], each["category"]) == (picture.short_hash, picture.category)
        page = written[f"i/{each['id']}/index.html"].decode()
        assert f'data-number="{number}"' in page
    assert json.loads(written["categories.json"])["categories"][0]["url"] == "/c/asian_dish/"
    assert "c/hat/3/index.html" in written and "c/hat/4/index.html" not in written
    assert b"sitemap" not in written["robots.txt"].lower()
    assert b"<h1>" in written["404.html"]


def test_walls_hold_small_pictures_and_pages_the_whole(filled: Filled, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((900, 600), 80).convert("RGB").save(buffer, "WEBP")
    whole = buffer.getvalue()
    filled.store.put_all("hat", {"large.webp": whole})
    with filled.engine.begin() as connection:
        hats = ensure_category(connection, "hat", "hat")
        add_images(connection, hats, [read_row("large.webp", whole)])
    out = tmp_path / "out"
    assert export(filled.settings, out, "--base-path", "/x/").exit_code == 0
    written = files(out)
    small = f"sized/256/{digest(whole)[:12]}.webp"
    with Image.open(io.BytesIO(written[small])) as picture:
        assert picture.size == (256, 171)
    for wall in ("gallery/index.html", "c/hat/index.html"):
        page = written[wall].decode()
        assert f'src="/x/{small}"' in page and "hat/large.webp" not in page
    assert "images/hat/large.webp" in written[f"i/{digest(whole)[:12]}/index.html"].decode()
    assert written["images/hat/large.webp"] == whole
    assert sum(name.startswith("sized/") for name in written) == 1
    again = export(filled.settings, out, "--base-path", "/x/")
    assert again.exit_code == 0, again.output  # an export knows what it wrote itself


def test_an_address_gives_cards_and_a_sitemap(filled: Filled, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export(filled.settings, out, "--address", "https://x.example/a/").exit_code == 0
    slug, file, data = filled.some()
    page = (out / "i" / digest(data)[:12] / "index.html").read_text()
    for line in (
        f'<link rel="canonical" href="https://x.example/a/i/{digest(data)[:12]}/">',
        f'<meta property="og:image" content="https://x.example/a/images/{slug}/{file}">',
        f'<meta property="og:url" content="https://x.example/a/i/{digest(data)[:12]}/">',
    ):
        assert line in page
    lists = re.findall("<loc>https://x.example/a/(.+?)</loc>", (out / "sitemap.xml").read_text())
    found = [
        address
        for name in lists
        for address in re.findall("<loc>https://x.example(.+?)</loc>", (out / name).read_text())
    ]
    assert len(found) == len(set(found)) >= len(filled.files)
    assert all(target_of(out, "/a/", address).is_file() for address in found)
    assert "Sitemap: https://x.example/a/sitemap.xml" in (out / "robots.txt").read_text()


def test_the_sites_own_address_is_where_it_will_be(filled: Filled, tmp_path: Path) -> None:
    out = tmp_path / "out"
    app = app_with(filled.settings, url="https://x.example/a")
    for words, expected in (([], "https://x.example/a/"), (["--base-path", "/"], None)):
        result = app.test_cli_runner().invoke(args=["export-site", str(out), *words])
        assert result.exit_code == 0, result.output
        page = next((out / "i").glob("*/index.html")).read_text()
        assert ("https://x.example" in page) == (expected is not None)
        assert f'href="{"/a/" if expected else "/"}gallery/"' in page
        assert not expected or f'<link rel="canonical" href="{expected}i/' in page


def test_again_replaces_and_a_failure_leaves_what_was(filled: Filled, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(filled.settings, out)
    assert len(list((out / "images").rglob("*.webp"))) == len(filled.files)
    slug, file, _ = filled.some("hat")
    filled.retire(file, REJECTED)
    assert export(filled.settings, out).exit_code == 0
    assert not (out / "images" / slug / file).exists()
    before = files(out)
    gone = filled.some("mammal")
    filled.store.remove(*gone[:2])
    result = export(filled.settings, out)
    assert result.exit_code == 1 and "is not in the store; see: flask verify" in result.output
    assert files(out) == before
    assert not list(tmp_path.glob(".tmp-*"))


@pytest.mark.parametrize(
    "what",
    [
        "foreign",
        "beside",
        "within",
        "repository",
        "unmade",
        "broken",
        "file",
        "store",
        "above",
        "inside",
    ],
)
def test_what_no_export_wrote_is_left_alone(filled: Filled, tmp_path: Path, what: str) -> None:
    out = tmp_path / "out"
    if what == "foreign":
        out.mkdir()
        (out / "thesis.txt").write_text("years of work")
    elif what == "beside":
        export(filled.settings, out)
        (out / "CNAME").write_text("x.example")
    elif what == "within":
        export(filled.settings, out)
        (out / "images" / "hat" / "mine.webp").write_text("years of work")
    elif what == "repository":
        export(filled.settings, out)
        (out / ".git").mkdir()
        (out / ".git" / "config").write_text("years of work")
    elif what == "unmade":
        export(filled.settings, out)
        (out / "morphs").mkdir()
        (out / "morphs" / "mine.webp").write_text("years of work")
    elif what == "broken":
        export(filled.settings, out)
        (out / "nonesuch.json").write_text("years of work")
    elif what == "file":
        out.write_text("a file")
    else:
        images = filled.settings.images_folder
        out = {"store": images, "above": images.parent, "inside": images / "hat"}[what]
    create_app(filled.settings)  # it makes its key
    before = files(tmp_path)
    result = export(filled.settings, out)
    assert result.exit_code == 1 and result.output.startswith("Error: "), result.output
    assert len(result.output.splitlines()) == 1
    assert files(tmp_path) == before


def test_what_was_compressed_beside_it_and_older_marks_are_replaced(
    filled: Filled, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export(filled.settings, out)
    (out / "about" / "index.html.gz").write_bytes(b"")
    for left in (".DS_Store", "Thumbs.db", "images/.DS_Store", "i/._hat", "images/hat/desktop.ini"):
        (out / left).write_bytes(b"\0\0\0\1Bud1")
    result = export(filled.settings, out)
    assert result.exit_code == 0, result.output
    assert not (out / "about" / "index.html.gz").exists() and not (out / ".DS_Store").exists()
    (out / "nonesuch.json").write_text('{"made by": "flask export-site", "pictures": 3}')
    assert export(filled.settings, out).exit_code == 0


def test_a_single_category_has_no_game(settings: Settings, index: Engine, tmp_path: Path) -> None:
    store = Filled(settings, index)
    store.add("hat", {"1.webp": small_picture(1, "hat")})
    out = tmp_path / "out"
    assert export(settings, out).exit_code == 0
    assert not (out / "play").exists()
    assert "/play" not in (out / "index.html").read_text()


@pytest.mark.parametrize(
    ("base", "address", "expected"),
    [
        ("", "", ("/", "")),
        ("./", "", ("./", "")),
        ("./", "https://a.example", None),
        ("/x/", "", ("/x/", "")),
        ("", "https://a.example", ("/", "https://a.example")),
        ("", "http://a.example:8000/x/y", ("/x/y/", "http://a.example:8000")),
        ("/x/", "https://a.example/x/", ("/x/", "https://a.example")),
        ("x", "", None), ("/x", "", None), ("/x y/", "", None), ('/"/', "", None),
        ("/a/../b/", "", None), ("", "ftp://a.example/", None), ("", "a.example", None),
        ("/y/", "https://a.example/x/", None), ("", "https://a.example/x?y=1", None),
    ],
)  # fmt: skip
def test_base_path_and_address(base: str, address: str, expected: tuple[str, ...] | None) -> None:
    if expected is None:
        with pytest.raises(CannotExport):
            check_base_path(base, address)
    else:
        assert check_base_path(base, address) == expected


def test_there_must_be_something(settings: Settings, index: object, tmp_path: Path) -> None:
    assert index is not None
    result = export(settings, tmp_path / "out")
    assert result.exit_code == 1 and "make pictures with: flask pregen" in result.output
    assert not (tmp_path / "out").exists()
    empty_again(settings)
    assert "flask db upgrade" in export(settings, tmp_path / "out").output


@pytest.mark.skipif(
    not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == Path("/tmp").stat().st_dev,
    reason="needs a second file system: /dev/shm",
)
def test_another_device_holds_the_pictures_too(filled: Filled) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        assert export(filled.settings, Path(elsewhere) / "out").exit_code == 0
        assert len(list(Path(elsewhere).rglob("*.webp"))) == len(filled.files)


def test_what_is_done_to_an_export_does_not_reach_the_store(filled: Filled, tmp_path: Path) -> None:
    """Optimisers and chmod work in place."""
    out = tmp_path / "out"
    add_walk(filled.settings, 1, "hat")
    assert export(filled.settings, out).exit_code == 0
    before = files(filled.settings.instance_folder / "morphs")
    exported = [path for path in out.rglob("*") if path.suffix == ".webp"]
    assert len(exported) == len(filled.files) + 2
    for path in exported:
        with path.open("r+b") as opened:
            opened.write(b"optimised")
        path.chmod(0)
    for (slug, file), data in filled.files.items():
        assert filled.store.read(slug, file) == data
    assert files(filled.settings.instance_folder / "morphs") == before
    result = create_app(filled.settings).test_cli_runner().invoke(args=["verify"])
    assert result.exit_code == 0, result.output
