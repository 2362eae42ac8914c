"""`/gallery`, `/c/<category>`, what hangs beside a picture, walks and favourites, by the client."""

import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from app import create_app
from core.settings import Settings
from store.files.protocol import digest
from store.index.states import REJECTED
from store.index.tables import category
from store.index.writes import add_images, ensure_category, retire_image
from store.queries.gallery import MOST_ASKED, PAGE
from tests.app.conftest import one, shown
from tests.conftest import COUNTS, NAMES, Filled, small_picture

TOTAL = sum(COUNTS.values())


@pytest.fixture
def large(filled: Filled) -> Filled:
    """A store whose hats take three pages."""
    filled.add("hat", {f"more{i}.webp": small_picture(5000 + i, "hat") for i in range(PAGE * 2)})
    return filled


def tiles(text: str) -> list[str]:
    return re.findall(r'<li id="p([0-9a-f]{12})">', text)


def links(text: str) -> dict[str, str]:
    """Return what the page's head says is before and after, and the pager's own links."""
    found = re.findall(r'<link rel="(prev|next|canonical)" href="([^"]+)"', text)
    return {rel: unescape(address) for rel, address in found}


@pytest.mark.parametrize(("base", "number"), [("/gallery", TOTAL + 96), ("/c/hat", 101)])
def test_links_lead_through_every_picture_once(large: Filled, base: str, number: int) -> None:
    client = create_app(large.settings).test_client()
    address, seen, pages = base, [], 0
    while True:
        response = client.get(address)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-cache"
        seen += tiles(response.text)
        pages += 1
        following = links(response.text).get("next")
        if following is None:
            break
        assert f'href="{following}" rel="next" data-after' in response.text
        assert links(client.get(following).text)["prev"] == address
        address = following
    assert len(seen) == len(set(seen)) == number
    assert pages == 3
    assert f"Page 3 of {pages}" in response.text


@pytest.mark.parametrize(
    "page", ["0", "-1", "4", "1e3", "", "x", "1" * 400, "٣", "1 OR 1=1", "%00"]
)
@pytest.mark.parametrize("base", ["/gallery", "/c/hat"])
def test_a_page_that_is_not_there_says_how_many_there_are(
    large: Filled, base: str, page: str
) -> None:
    response = create_app(large.settings).test_client().get(base, query_string={"page": page})
    assert response.status_code == 404
    assert "ends at page 3" in response.text and f'href="{base}"' in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_an_unknown_category_suggests_the_nearest(client: FlaskClient) -> None:
    response = client.get("/c/hats")
    assert response.status_code == 404
    assert "There is no category hats. Did you mean hat?" in response.text
    assert client.get("/c/" + "x" * 3000).status_code == 404


def test_an_empty_store_says_what_to_do(bare: FlaskClient) -> None:
    for address in ("/gallery", "/c/hat", "/play", "/?walk=7.0"):
        response = bare.get(address)
        assert response.status_code == 503
        assert "flask pregen" in response.text
    assert bare.get("/about").status_code == 200
    assert bare.get("/favourites").status_code == 200


def test_names_with_quotes_slashes_and_markup_are_text(filled: Filled) -> None:
    name = "\"fish\" / <b>chips</b> & 'peas' %s {{ 7 * 7 }}"
    filled.add("odd", {"a.webp": small_picture(77)})
    with filled.engine.begin() as connection:
        connection.execute(update(category).where(category.c.slug == "odd").values(name=name))
    client = create_app(filled.settings).test_client()
    hash_ = tiles(client.get("/c/odd").text)[0]
    for address in ("/c/odd", "/c/odd/random", f"/i/{hash_}?in=category", "/gallery", "/play"):
        text = client.get(address).text
        assert "<b>chips" not in text
    assert f"This {name} does not exist" == shown(client.get("/c/odd/random"))["heading"]
    # a slug that no page made, and one that leads elsewhere
    for slug in ("..", "a%2fb", "%3Cscript%3E", "o'dd", "%00"):
        response = client.get(f"/c/{slug}")
        assert response.status_code == 404 and "<script>" not in response.text


@pytest.mark.slow
def test_thousands_of_categories(filled: Filled) -> None:
    from store.index.writes import NewImage

    with filled.engine.begin() as connection:
        for i in range(3000):
            slug = f"kind_{i}"
            row = NewImage(f"{i}.webp", digest(slug.encode()), 1, 16, 16, "webp")
            add_images(connection, ensure_category(connection, slug, slug), [row])
    client = create_app(filled.settings).test_client()
    first, last = client.get("/gallery"), client.get("/gallery?page=63")
    assert len(tiles(first.text)) == PAGE and len(tiles(last.text)) == (3000 + TOTAL) % PAGE
    assert len(first.text) < 25_000
    assert client.get("/categories", headers={"Accept": "text/html"}).status_code == 200


def test_neighbours_in_a_category_go_round(client: FlaskClient, filled: Filled) -> None:
    around = tiles(client.get("/c/mammal").text)
    address, seen = f"/i/{around[0]}?in=category", []
    for i in range(COUNTS["mammal"]):
        text = client.get(address).text
        assert f"{i + 1} of {COUNTS['mammal']} in mammal" in text
        seen.append(address[3:15])
        following = one(r'<a class="button" href="([^"]+)" data-next', text)
        assert one(r'<a href="([^"]+)" data-before', client.get(following).text) == address
        address = following
    assert seen == around and address == f"/i/{around[0]}?in=category"
    assert 'href="/c/mammal#p' in text
    assert len(filled.files) == TOTAL


def test_neighbours_in_the_gallery_are_those_of_the_wall(client: FlaskClient) -> None:
    around = tiles(client.get("/gallery").text)
    address, seen = f"/i/{around[0]}?in=gallery", []
    for _ in around:
        seen.append(address[3:15])
        address = one(r'<a class="button" href="([^"]+)" data-next', client.get(address).text)
    assert seen == around


@pytest.mark.parametrize("order", ["category", "gallery"])
def test_copies_under_other_names_do_not_trap_next(filled: Filled, order: str) -> None:
    files = [data for (slug, _), data in filled.files.items() if slug == "mammal"]
    filled.add("mammal", {f"copy{i}.webp": data for i, data in enumerate(files[:3])})
    filled.add("hat", {"copy.webp": files[4]})
    client = create_app(filled.settings).test_client()
    start = address = f"/i/{digest(files[1])[:12]}?in={order}"
    seen: list[str] = []
    while address not in seen and len(seen) < 100:
        seen.append(address)
        following = one(r'<a class="button" href="([^"]+)" data-next', client.get(address).text)
        before = one(r'<a href="([^"]+)" data-before', client.get(following).text)
        assert before == address
        address = following
    assert address == start
    assert len(seen) == (COUNTS["mammal"] if order == "category" else TOTAL)


def test_another_order_is_none(client: FlaskClient) -> None:
    hash_ = tiles(client.get("/gallery").text)[0]
    for order in ("", "nonsense", "category'--", "x" * 5000):
        response = client.get(f"/i/{hash_}", query_string={"in": order})
        assert response.status_code == 200 and shown(response)["another"] == "/"


def test_a_picture_rejected_while_somebody_looks(client: FlaskClient, filled: Filled) -> None:
    around = tiles(client.get("/c/mammal").text)
    following = one(r'href="([^"]+)" data-next', client.get(f"/i/{around[0]}?in=category").text)
    file = next(f for _, f in filled.files if around[1] in f)
    filled.retire(file, REJECTED)
    response = client.get(following)
    assert response.status_code == 410
    assert "This picture does not exist any more" in response.text
    assert 'href="/c/mammal"' in response.text
    assert around[1] not in tiles(client.get("/c/mammal").text)
    # and from the first one the way goes on
    again = client.get(f"/i/{around[0]}?in=category").text
    assert around[1] not in again and f"1 of {COUNTS['mammal'] - 1}" in again


def test_a_walk_shows_everything_before_anything_twice(client: FlaskClient) -> None:
    page = shown(client.get("/"))
    seen = [page["picture"]]
    for _ in range(TOTAL - 1):
        page = shown(client.get(page["another"]))
        seen.append(page["picture"])
    assert len(set(seen)) == TOTAL
    lap = []
    for _ in range(TOTAL):
        page = shown(client.get(page["another"]))
        lap.append(page["picture"])
    assert set(lap) == set(seen) and lap != seen


def test_walks_differ_write_nothing_and_set_nothing(client: FlaskClient) -> None:
    first = [shown(client.get(f"/?walk=7.{n}"))["picture"] for n in range(TOTAL)]
    second = [shown(client.get(f"/?walk=8.{n}"))["picture"] for n in range(TOTAL)]
    assert first != second and set(first) == set(second)
    response = client.get("/?walk=7.3")
    assert shown(response)["picture"] == first[3]
    assert one(r'<a href="([^"]+)" data-before', response.text) == "/?walk=7.2"
    assert 'name="robots" content="noindex"' in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    assert "data-before" not in client.get("/?walk=7.0").text


@pytest.mark.folder  # by hand nothing is deleted in a bucket: it believes the index
def test_a_walk_passes_over_a_file_that_is_gone(client: FlaskClient, filled: Filled) -> None:
    gone = shown(client.get("/?walk=7.4"))["picture"]
    _, _, category, file = gone.split("/")
    filled.path(category, file).unlink()
    page = shown(client.get("/?walk=7.4"))
    assert page["picture"] != gone and page["another"] == "/?walk=7.6"


@pytest.mark.parametrize("walk", ["", "x", "7", "7.-1", "-7.1", "9" * 500, "7.1.1", "é.1", "%00.1"])
def test_what_is_no_walk_is_one_line(client: FlaskClient, walk: str) -> None:
    response = client.get("/", query_string={"walk": walk})
    assert response.status_code == 404
    assert "That shuffle link is broken" in response.text


def test_favourites_are_shown_in_the_links_order(client: FlaskClient, filled: Filled) -> None:
    hashes = [digest(data)[:12] for data in filled.files.values()][:5][::-1]
    ids = ",".join([hashes[0], "nonsense", "0" * 12, *hashes[1:], hashes[0], "<script>"])
    response = client.get("/favourites", query_string={"ids": ids})
    assert tiles(response.text) == hashes
    assert "1 has since been removed" in response.text
    assert "<script>" not in response.text.replace("<script src", "")
    assert 'name="robots" content="noindex"' in response.text


def test_a_rejected_favourite_is_not_shown(client: FlaskClient, filled: Filled) -> None:
    _, file, data = filled.some()
    filled.retire(file, REJECTED)
    response = client.get(f"/favourites?ids={digest(data)[:12]}")
    assert response.status_code == 200 and tiles(response.text) == []
    assert "all have since been removed" in response.text


@pytest.mark.parametrize(
    "ids", ["", ",,,", "a" * 100_000, "%00", "é" * 12, ",".join(["f" * 12] * 999)]
)
def test_a_link_of_favourites_is_bounded(client: FlaskClient, ids: str) -> None:
    response = client.get("/favourites", query_string={"ids": ids})
    assert response.status_code == 200
    assert len(response.text) < 5000


def test_a_link_holds_so_many(large: Filled) -> None:
    hashes = [digest(data)[:12] for data in large.files.values()]
    assert len(hashes) < MOST_ASKED
    client = create_app(large.settings).test_client()
    assert tiles(client.get(f"/favourites?ids={','.join(hashes)}").text) == hashes


def test_about_says_what_there_is(client: FlaskClient, settings: Settings, filled: Filled) -> None:
    from store.index.writes import NewImage

    text = client.get("/about").text
    assert f"The owner of this site added them: {TOTAL} in {len(NAMES)} categories" in text
    with filled.engine.begin() as connection:
        category = ensure_category(connection, "hat", "hat")
        row = NewImage("e.webp", "e" * 64, 1, 64, 64, "webp", None, "emoji/3", "d" * 64, 1)
        add_images(connection, category, [row])
        odd = NewImage("f.webp", "f" * 64, 1, 64, 64, "webp", None, "../../etc/1", "e" * 64, 1)
        add_images(connection, category, [odd])
    text = client.get("/about").text
    assert f"There are {TOTAL + 2} in {len(NAMES)} categories" in text
    assert "the owner added them" in text
    assert "Pictures like emoji in 74 categories" in text and "d" * 64 in text
    assert "Apache-2.0" in text and "Mozilla" in text and "fxemoji" in text
    assert "../../etc/1" in text
    card = client.get("/about/emoji/3")
    assert card.status_code == 200 and card.text.startswith("# Pictures like emoji")
    assert card.headers["Content-Type"] == "text/plain; charset=utf-8"
    for wrong in (
        "/about/emoji/99",
        "/about/../1",
        "/about/%2e%2e/1",
        "/about/emoji/..",
        "/about/x/1",
    ):
        assert client.get(wrong).status_code == 404
    assert settings.models_folder.is_dir()


def test_about_attributes_models_whose_folder_is_gone(client: FlaskClient, filled: Filled) -> None:
    """As long as pictures of theirs are shown; also of one that ran as :savedmodel."""
    from sqlalchemy import insert, select

    from store.index.tables import category, generator, image
    from store.index.writes import NewImage

    card = "# Gone\n\n## Data\n\n| set | licence |\n|---|---|\n| Mozilla FxEmojis | CC BY 4.0 |\n"
    models = {"1" * 64: "gone/1", "2" * 64: "gone/2:savedmodel", "3" * 64: "emoji/3:savedmodel"}
    with filled.engine.begin() as connection:
        known = ensure_category(connection, "hat", "hat")
        for number, (sha256, label) in enumerate(models.items()):
            sha = f"{number}" * 64
            row = NewImage(f"{number}.webp", sha, 1, 64, 64, "webp", None, label, sha256, 1)
            add_images(connection, known, [row])
            if label.startswith("gone"):
                told = {"title": f"It was {label}", "licence": "Artistic-2.0", "size_px": 64}
                connection.execute(
                    insert(generator).values(digest=sha256, model=label, card=card, **told)
                )
    text = client.get("/about").text
    for said in ("It was gone/1", "It was gone/2:savedmodel", "Artistic-2.0", "Mozilla FxEmojis"):
        assert said in text
    assert "Pictures like emoji in 74 categories" in text  # by its folder, however it ran
    for address in ("/about/gone/1", "/about/gone/2"):
        assert f'href="{address}"' in text and client.get(address).text == card
    assert 'href="/about/emoji/3"' in text
    with filled.engine.begin() as connection:
        statement = select(image.c.id).where(image.c.model == "gone/1")
        assert retire_image(connection, connection.execute(statement).scalar_one(), "rejected")
        assert connection.execute(select(category.c.n).where(category.c.slug == "hat")).scalar()
    assert "It was gone/1" not in client.get("/about").text


def test_pictures_of_four_channels_stand_on_their_own(filled: Filled, tmp_path: Path) -> None:
    from dataclasses import replace

    from store.index.writes import NewImage

    for name, channels in (("clear", 4), ("flat", 3)):
        folder = tmp_path / "models" / name / "1"
        folder.mkdir(parents=True)
        (folder / "model.toml").write_text(f"channels = {channels}\n")
        files = {f"{name}.webp": small_picture(len(name) * 100)}
        if name == "clear":
            files["clear.jpg"] = small_picture(9, picture_format="jpeg")
        filled.add(name, {})
        with filled.engine.begin() as connection:
            known = ensure_category(connection, name, name)
            for seed, (file, data) in enumerate(files.items()):
                filled.store.put_all(name, {file: data})
                row = NewImage(
                    file, digest(data), len(data), 16, 16, "webp", None, f"{name}/1", "a" * 64, seed
                )
                add_images(connection, known, [row])
    client = create_app(replace(filled.settings, models_folder=tmp_path / "models")).test_client()
    walls = {name: client.get(f"/c/{name}").text for name in ("clear", "flat", "hat")}
    assert {name: text.count("cutout") for name, text in walls.items()} == {
        "clear": 1, "flat": 0, "hat": 0,
    }  # fmt: skip
    assert 'class="print small"' in client.get("/c/flat/random").text
    kept = re.findall(r'id="p([0-9a-f]{12})"><a class="sheet small cutout"', walls["clear"])
    assert 'class="print small cutout"' in client.get(f"/i/{kept[0]}").text
