"""`/i/<hash>?by=…`: the same for good, and nobody else's words."""

import base64
import errno
import hashlib
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markupsafe import escape

from app import create_app
from app.ops.signing_key import signing_key
from app.pictures.permalinks import Credit, Permalinks
from app.rendering.names import Developer, developer_of_hash
from app.rendering.taglines import LINES, Taglines
from core.settings import PROJECT, Settings
from store.files.protocol import digest
from store.index.states import MISSING, REJECTED
from tests.app.conftest import one, shown
from tests.conftest import Filled
from tests.scaled import in_environment
from tests.servers.ports import free_port

HASH = "0f1e2d3c4b5a"


def test_a_link_shows_the_same_page_again_and_again(client: FlaskClient) -> None:
    first = shown(client.get("/", headers={"Accept-Language": "de"}))
    for _ in range(5):
        response = client.get(first["permalink"], headers={"Accept-Language": "ja"})
        again = shown(response)
        assert response.status_code == 200
        for key in ("picture", "heading", "name", "lang", "line", "alternative"):
            assert again[key] == first[key]


def test_a_link_outlives_a_restart_and_new_words(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [shown(create_app(filled.settings).test_client().get("/")) for _ in range(3)]
    monkeypatch.setitem(LINES, 2, ("Nothing but {name}.",))
    upgraded = create_app(filled.settings).test_client()
    for page in pages:
        assert shown(upgraded.get(page["permalink"]))["line"] == page["line"]
    links = Permalinks(b"key")
    made = links.address(HASH, Developer("Anna Smith", "en_US"))
    assert links.credit(HASH, made.partition("by=")[2]).version == 2


def test_the_lines_of_a_version_never_change() -> None:
    text = "\n".join(LINES[1])
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "7904e826b6dd76e3"
    assert (
        Taglines().line(HASH, "Anna Smith", 1)
        == "{name} has since left the company, which was never founded."
    )
    assert all("{name}" in line for lines in LINES.values() for line in lines)


def test_a_link_without_a_name_gets_the_same_one_for_good(client: FlaskClient) -> None:
    assert developer_of_hash(HASH) == Developer("Lucian Hale", "en_US")
    page = shown(client.get("/"))
    short_hash = page["permalink"][3:15]
    plain = [shown(client.get(f"/i/{short_hash}")) for _ in range(2)]
    assert plain[0] == plain[1]
    assert plain[0]["name"] == developer_of_hash(short_hash).name


@pytest.mark.parametrize(
    "name", ["Anna Smith", "Ü ber-Łódź", "山田 春香", "הלל 'גל'", "a.b c.d", "😀"]
)
def test_what_is_signed_is_read_back(name: str) -> None:
    links = Permalinks(b"key")
    by = links.address(HASH, Developer(name, "he_IL")).partition("by=")[2]
    assert links.credit(HASH, by) == Credit(Developer(name, "he_IL"), 1)
    assert Permalinks(b"other").credit(HASH, by).developer == developer_of_hash(HASH)
    assert links.credit("0" * 12, by).developer == developer_of_hash("0" * 12)


GOLDEN = [
    (b"key", HASH, "Anna Smith", "en_US", "MSBlbl9VUyBBbm5hIFNtaXRo.0dYGwDWB8ZO4Nfre"),
    (b"key", HASH, "山田 春香", "ja_JP", "MSBqYV9KUCDlsbHnlLAg5pil6aaZ.TdgAU3_-X84vu5bF"),
    (b"another key", "f" * 12, "הלל 'גל'", "he_IL", "MSBoZV9JTCDXlNec15wgJ9eS15wn.CfAQEHVytS3FxVz2"),  # noqa: E501
    (b"k" * 200, "0" * 12, "Ü ber-Łódź", "pl_PL", "MSBwbF9QTCDDnCBiZXItxYHDs2TFug.fW27wa0jlNqZg4X7"),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("key", "short_hash", "name", "locale", "by"), GOLDEN)
def test_links_that_were_given_out_stay_bit_for_bit(
    key: bytes, short_hash: str, name: str, locale: str, by: str
) -> None:
    """People keep them: what version 0.1.0 signed is signed alike and read by all later ones."""
    links, developer = Permalinks(key), Developer(name, locale)
    assert links.address(short_hash, developer) == f"/i/{short_hash}?by={by}"
    assert links.credit(short_hash, by) == Credit(developer, 1)


def test_a_forged_name_is_not_shown(client: FlaskClient) -> None:
    page = shown(client.get("/"))
    address, _, by = page["permalink"].partition("?by=")
    payload, _, signature = by.partition(".")
    forged = base64.urlsafe_b64encode(b"1 en_US Mallory").decode().rstrip("=")
    own = developer_of_hash(address[3:]).name
    for attempt in (
        f"{forged}.{signature}",
        f"{forged}.",
        forged,
        f"{payload}.{signature[:-1]}",
        f"{payload}.{signature[:-1]}é",
        f"{payload}é.{signature}",
        ".",
        "%00",
        "<script>.x",
        "A" * 100_000,
    ):
        response = client.get(address, query_string={"by": attempt})
        assert response.status_code == 200
        assert shown(response)["name"] == own
        assert "Mallory" not in response.text and "<script>." not in response.text


def test_a_name_is_never_markup(filled: Filled) -> None:
    settings = replace(filled.settings, secret_key="key")
    _, _, data = filled.some()
    developer = Developer("<b>Anna & 'Bo'", "en_US")
    address = Permalinks(b"key").address(digest(data)[:12], developer)
    response = create_app(settings).test_client().get(address)
    assert shown(response)["name"] == developer.name
    assert "<b>" not in response.text and "&lt;b&gt;Anna &amp; &#39;Bo" in response.text


@pytest.mark.parametrize("state", [REJECTED, MISSING])
def test_a_picture_that_was_taken_away_is_gone(
    client: FlaskClient, filled: Filled, state: str
) -> None:
    category, file, data = filled.some()
    address = f"/i/{digest(data)[:12]}"
    assert client.get(address).status_code == 200
    filled.retire(file, state)
    response = client.get(address)
    assert response.status_code == 410
    assert "This picture does not exist any more" in response.text
    assert client.get(f"/images/{category}/{file[:-5]}x.webp").status_code == 404


@pytest.mark.folder  # by hand nothing is deleted in a bucket: it believes the index
def test_a_picture_whose_file_is_gone_is_gone(client: FlaskClient, filled: Filled) -> None:
    category, file, data = filled.some()
    filled.path(category, file).unlink()
    assert client.get(f"/i/{digest(data)[:12]}").status_code == 410


def test_the_same_bytes_live_elsewhere_are_shown(client: FlaskClient, filled: Filled) -> None:
    _, file, data = filled.some()
    filled.add("hat", {"copy.webp": data})
    filled.retire(file, REJECTED)
    page = shown(client.get(f"/i/{digest(data)[:12]}"))
    assert page["picture"].startswith("/images/hat/copy.webp")


@pytest.mark.parametrize(
    "unknown", ["999999999", "0" * 12, "0" * 64, "ABCDEF012345", "..%2f..%2fetc", "%00", "é" * 12]
)
def test_an_unknown_picture_is_one_clear_line(client: FlaskClient, unknown: str) -> None:
    response = client.get(f"/i/{unknown}")
    assert response.status_code == 404
    assert response.text.count('<p class="line">') == 1
    assert response.headers["Cache-Control"] == "no-store"


def test_sharing_names_the_picture_by_its_whole_address(client: FlaskClient) -> None:
    page = shown(client.get("/"))
    response = client.get(page["permalink"], base_url="https://example.org")
    text = response.text
    card = one(r'property="og:image" content="https://example.org(/sized/512/[^"]+)"', text)
    assert card == f"/sized/512/{page['permalink'][3:15]}.jpg"
    assert 'property="og:image:width" content="512"' in text
    assert f'property="og:title" content="{escape(page["heading"])}"' in text
    assert 'rel="canonical" href="https://example.org/i/' in text
    assert response.headers["Cache-Control"] == "no-cache"


def test_the_key_is_made_once_and_for_its_owner_alone(filled: Filled) -> None:
    create_app(filled.settings)
    path = filled.settings.instance_folder / "key"
    key = path.read_bytes()
    assert len(key) == 64 and stat.S_IMODE(path.stat().st_mode) == 0o600
    create_app(filled.settings)
    assert path.read_bytes() == key
    assert [p.name for p in path.parent.glob(".tmp-*")] == []


def test_workers_that_start_together_sign_with_one_key_without_hard_links(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("os.link", no_links)  # as on FAT
    with ThreadPoolExecutor(8) as workers:
        made = workers.map(lambda _: signing_key(settings, is_serving=True), range(64))
        keys = set(made)
    assert keys == {(settings.instance_folder / "key").read_bytes()}


def test_an_empty_key_is_none(settings: Settings) -> None:
    """What a full disk or a power cut may leave: anybody could sign with it."""
    settings.instance_folder.mkdir(parents=True)
    (settings.instance_folder / "key").touch()
    key = signing_key(settings, is_serving=True)
    assert len(key) == 64 and key == (settings.instance_folder / "key").read_bytes()


def test_a_key_of_the_settings_makes_no_file_and_holds_elsewhere(filled: Filled) -> None:
    settings = replace(filled.settings, secret_key="x" * 500)
    page = shown(create_app(settings).test_client().get("/"))
    assert not (settings.instance_folder / "key").exists()
    assert shown(create_app(settings).test_client().get(page["permalink"]))["name"] == page["name"]


@pytest.mark.parametrize("server", ["python", "granian", "gunicorn", "Procfile"])
@pytest.mark.parametrize("case", ["unreadable", "not to be kept"])
def test_where_the_key_cannot_be_used_there_is_one_line_and_no_start(
    filled: Filled, server: str, case: str
) -> None:
    """Each worker would sign with its own: half of the links and rounds would not hold."""
    folder = filled.settings.instance_folder
    key = folder / "key"
    if case == "unreadable":
        key.mkdir()  # a folder in its place: whoever runs the tests may read every file
        says = f"error: the key {key} cannot be read (Is a directory); make the user that serves"
    else:
        (folder / "key.lock").mkdir()
        says = f"error: no key can be kept in {folder} (Is a directory); let the user that serves"
    command = {
        "python": [sys.executable, "-c", "from app.wsgi import app"],
        "granian": ["bin/serve", "granian"],
        "gunicorn": ["bin/serve", "gunicorn"],
        "Procfile": ["sh", "-c", (PROJECT / "Procfile").read_text().rpartition("web: ")[2]],
    }[server]
    kept = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    programs = Path(sys.executable).parent
    more = {"PORT": str(free_port()), "VENV": str(programs.parent), "HOST": "127.0.0.1",
            "PATH": f"{programs}:{os.environ['PATH']}"}  # fmt: skip
    done = subprocess.run(
        command, cwd=PROJECT, env={**kept, **in_environment(filled.settings), **more},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith("[INFO]")]
    assert lines[0].startswith(says) and "set SECRET_KEY" in lines[0], done.stderr
    assert set(lines) == {lines[0]}
    if server != "Procfile":  # there each worker says so, and the server's word for it is 0
        assert len(lines) == 1 and done.returncode == 3
    elsewhere = create_app(replace(filled.settings, secret_key="x")).test_client()
    assert elsewhere.get("/").status_code == 200


def test_a_wrong_setting_ends_a_server_too(filled: Filled) -> None:
    """Granian starts again what ends, so it would say this for ever."""
    programs = Path(sys.executable).parent
    procfile = (PROJECT / "Procfile").read_text().rpartition("web: ")[2]
    more = {"PORT": str(free_port()), "PATH": f"{programs}:{os.environ['PATH']}",
            "HOST": "127.0.0.1", "NONESUCH_SITE_NAM": "x"}  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", procfile], cwd=PROJECT, capture_output=True, text=True, timeout=60,
        env={**os.environ, **in_environment(filled.settings), **more},
    )  # fmt: skip
    assert "error: there is no setting NONESUCH_SITE_NAM; did you mean" in done.stderr
    assert "Traceback" not in done.stderr


def test_commands_need_no_key(filled: Filled) -> None:
    """Another user may run them, who may not read it."""
    (filled.settings.instance_folder / "key").mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "verify"], cwd=PROJECT, capture_output=True, text=True,
        env={**kept, **in_environment(filled.settings)}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0 and "19 pictures checked" in done.stdout, done.stderr
