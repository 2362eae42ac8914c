"""Pictures in a bucket, on a real SeaweedFS: put once, whole, and refusals said in one line."""

import dataclasses
import os
import socket
import socketserver
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import obstore
import pytest

from core.settings import BadSetting, Settings, read_settings
from store.files.bucket import PictureBucket
from store.files.opening import check_store, open_bucket, open_pictures, picture_origin
from store.files.protocol import StoreUnusable, digest, file_name, names_of
from store.files.quarantine import Quarantine, copy
from store.index.states import REJECTED
from tests.conftest import small_picture
from tests.scaled import scaled
from tests.servers.object_store import BUCKET, ObjectStore, shared_object_store
from tests.servers.ports import free_port

KILLS = int(os.environ.get("STORE_KILLS", "1"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return scaled(Settings(instance_folder=tmp_path / "instance"), store="s3")


@pytest.fixture
def bucket(settings: Settings) -> PictureBucket:
    return open_bucket(settings.store_url, settings.store_wait_s)


def objects(bucket: PictureBucket) -> dict[str, bytes]:
    """Return path → bytes of everything below a prefix."""
    found = [each["path"] for page in obstore.list(bucket._objects) for each in page]
    return {path: bytes(obstore.get(bucket._objects, path).bytes()) for path in found}


def test_what_is_put_is_there_with_its_headers(bucket: PictureBucket) -> None:
    files = {f"{seed}-{'0' * 12}.webp": small_picture(seed) for seed in range(40)}
    bucket.prepare(["hat"], 0)
    bucket.put_all("hat", files)
    assert objects(bucket) == {f"images/hat/{name}": data for name, data in files.items()}
    assert bucket.files_of("hat") == sorted(files)
    assert bucket.sizes_of("hat") == {name: len(files[name]) for name in sorted(files)}
    assert bucket.categories() == ["hat"]
    assert dict(bucket.read_all("hat", sorted(files))) == files
    name = next(iter(files))
    with urllib.request.urlopen(bucket.signed_address("hat", name, 60)) as answer:
        assert answer.read() == files[name]
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_many_categories_and_more_files_than_one_page_lists(bucket: PictureBucket) -> None:
    files = {f"{seed}-{'0' * 12}.webp": b"x" for seed in range(1100)}
    bucket.put_all("hat", files)
    bucket.put_all("hat_2", {"1.png": b"y"})
    assert bucket.files_of("hat") == sorted(files)
    assert bucket.categories() == ["hat", "hat_2"]
    assert len(list(bucket.walk())) == 1101


def test_only_pictures_are_listed(bucket: PictureBucket) -> None:
    for path in ("hat/1.webp", "hat/notes.txt", "hat/.tmp-1.webp", "hat/deep/2.webp", "loose.webp",
                 "hat/with space.png", "Big Dog/1.webp"):  # fmt: skip
        obstore.put(bucket._objects, f"images/{path}", b"x")
    assert bucket.files_of("hat") == ["1.webp"]
    assert [(found.category, found.file) for found in bucket.walk()] == [("hat", "1.webp")]
    census = bucket.census()
    assert (census.taken, census.helpers, census.files) == (1, 1, 7)
    assert {each.line for each in census.left_out} == {
        "Big Dog/: rename the folder, for example to big_dog",
        "hat/with space.png: rename the file, its name has a space in it",
        "hat/deep/2.webp: in a folder within a category: move it up",
        "loose.webp: in no category: move it into a folder",
        "hat/notes.txt: not a picture",
    }
    with pytest.raises(StoreUnusable, match="no name of a picture"):
        bucket.read("hat", "../../key")


def test_put_again_nothing_is_sent_again_and_damage_is_mended(bucket: PictureBucket) -> None:
    bucket.put_all("hat", {"1.webp": b"one"})
    before = obstore.head(bucket._objects, "images/hat/1.webp")
    bucket.put_all("hat", {"1.webp": b"one"})
    assert obstore.head(bucket._objects, "images/hat/1.webp") == before
    bucket.put_all("hat", {"1.webp": b"another"})
    assert bucket.read("hat", "1.webp") == b"another"


def test_of_many_who_put_the_same_one_does(bucket: PictureBucket) -> None:
    data = small_picture(1)
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(lambda _: bucket.put_all("hat", {"1.webp": data}), range(64)):
            pass
    assert bucket.read("hat", "1.webp") == data


class Flipping(socketserver.BaseRequestHandler):
    """Passes bytes on to a server and back, but for one word."""

    to: tuple[str, int]

    def handle(self) -> None:
        with socket.create_connection(self.to) as server:
            back = threading.Thread(target=self._pass, args=(server, self.request))
            back.start()
            self._pass(self.request, server)
            back.join()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data.replace(b"intact", b"broken"))
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def test_what_is_damaged_on_its_way_is_refused(
    bucket: PictureBucket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, _, port = shared_object_store().endpoint.removeprefix("http://").partition(":")
    handler = type("Handler", (Flipping,), {"to": (host, int(port))})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as between:
        between.daemon_threads, between.block_on_close = True, False
        threading.Thread(target=between.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{between.server_address[1]}")
        other = open_pictures(settings)
        other.put_all("hat", {"1.webp": b"as it should be"})
        with pytest.raises(StoreUnusable, match=r"refused \(BadDigest\)"):
            other.put_all("hat", {"2.webp": b"this was intact"})
        between.shutdown()
    assert objects(bucket) == {"images/hat/1.webp": b"as it should be"}


def test_aside_and_back(bucket: PictureBucket, settings: Settings) -> None:
    bucket.put_all("hat", {"1.webp": b"one", "2.webp": b"two"})
    rejected = Quarantine(bucket, settings.instance_folder).beside[REJECTED]
    for _ in range(2):  # the second time there is nothing to do
        assert copy(bucket, rejected, "hat", "1.webp", b"one", ["1.webp"]) == "1.webp"
    bucket.remove("hat", "1.webp")
    assert objects(bucket) == {"images/hat/2.webp": b"two", "rejected/hat/1.webp": b"one"}
    # another picture of that name gets one of its own, and takes nothing away
    bucket.put_all("hat", {"1.webp": b"uno"})
    assert copy(bucket, rejected, "hat", "1.webp", b"uno", ["1.webp", "x.webp"]) == "x.webp"
    with pytest.raises(StoreUnusable, match="no name left"):
        copy(bucket, rejected, "hat", "2.webp", b"two", ["1.webp", "x.webp"])
    assert rejected.read("hat", "1.webp") == b"one" and rejected.read("hat", "x.webp") == b"uno"
    bucket.remove("hat", "1.webp")
    bucket.remove("hat", "1.webp")
    assert not bucket.has("hat", "1.webp") and bucket.read("hat", "1.webp") is None


def test_what_is_in_the_way_keeps_its_bytes(bucket: PictureBucket) -> None:
    bucket.put_all("hat", {"1.webp": b"one"})
    bucket.put_all("hat", {"1.webp": b"uno", "2.webp": b"two"}, keep_others=True)
    one = names_of("1.webp", digest(b"one"))[1]
    assert objects(bucket) == {
        f"images/hat/{one}": b"one", "images/hat/1.webp": b"uno", "images/hat/2.webp": b"two",
    }  # fmt: skip


def test_a_wrong_secret(
    bucket: PictureBucket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_all("hat", {"1.webp": b"one"})
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    other = open_pictures(settings)
    for act in (
        lambda: other.prepare(["hat"], 0),
        lambda: other.put_all("hat", {"2.webp": b"two"}),
        lambda: other.read("hat", "1.webp"),
        lambda: other.files_of("hat"),
        lambda: other.has("hat", "1.webp"),
        lambda: other.remove("hat", "1.webp"),
    ):
        with pytest.raises(StoreUnusable, match="refuses this key") as refused:
            act()
        assert "AWS_SECRET_ACCESS_KEY" in refused.value.hint and "\n" not in str(refused.value)
    assert objects(bucket) == {"images/hat/1.webp": b"one"}


def test_a_missing_bucket(settings: Settings) -> None:
    other = open_pictures(dataclasses.replace(settings, store_url="s3://nowhere/p"))
    for act in (
        lambda: other.prepare(["hat"], 0),
        lambda: other.read("hat", "1.webp"),
        lambda: other.files_of("hat"),
    ):
        with pytest.raises(StoreUnusable) as refused:
            act()
        assert str(refused.value) == (
            "there is no bucket for s3://nowhere/p; "
            "make it, or correct STORE_URL or AWS_ENDPOINT_URL"
        )
    with pytest.raises(StoreUnusable, match="there is no such bucket"):
        other.put_all("hat", {"2.webp": b"two"})


def test_nobody_answers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    other = open_pictures(dataclasses.replace(settings, store_wait_s=0.5))
    with pytest.raises(StoreUnusable, match=r"does not answer \(connection refused\)"):
        other.put_all("hat", {"2.webp": b"two"})


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"STORE_URL": "bucket"}, "no address of a bucket; for example: s3://bucket/prefix"),
        ({"STORE_URL": "http://x/y"}, "no address of a bucket"),
        ({"STORE_URL": "s3://x/../y"}, "no address of a bucket"),
        ({"STORE_URL": "s3://UPPER"}, "no address of a bucket"),
        ({"NONESUCH_STORE_ANSWERS": "push"}, "no way to answer; choose redirect or proxy"),
        ({"NONESUCH_STORE_PUBLIC_URL": "example.org"}, "is no address; for example: https://"),
        ({"NONESUCH_STORE_LINK_S": "1"}, "is not between 2 and 604800"),
        ({"NONESUCH_STORE_LINK_S": "9999999"}, "is not between 2 and 604800"),
    ],
)
def test_settings_that_make_no_sense(variables: dict[str, str], message: str) -> None:
    with pytest.raises(BadSetting) as refused:
        check_store(read_settings(variables))
    assert message in str(refused.value)


def test_where_pictures_are_redirected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    amazon = Settings(store_url="s3://bucket/p")
    assert picture_origin(amazon) == "https://s3.eu-west-1.amazonaws.com"
    public = dataclasses.replace(amazon, store_public_url="https://x.example/p/")
    assert picture_origin(public) == "https://x.example"
    assert picture_origin(dataclasses.replace(amazon, store_answers="proxy")) == ""
    assert picture_origin(Settings()) == ""


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A server that a test may kill."""
    server = ObjectStore(tmp_path / "server")
    server.start()
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    yield server
    server.remove()


def test_killed_and_started_again_nothing_acknowledged_is_lost(own_server: ObjectStore) -> None:
    bucket = open_bucket(f"s3://{BUCKET}/p", 1.0)
    kept: dict[str, bytes] = {}
    seed = 0
    for _ in range(KILLS):
        with ThreadPoolExecutor(1) as pool:
            killing = None
            with pytest.raises(StoreUnusable, match="does not answer"):
                while True:
                    seed += 1
                    data = small_picture(seed)
                    name = file_name(seed, digest(data), "webp")
                    bucket.put_all("hat", {name: data})
                    kept[name] = data
                    if killing is None and len(kept) % 10 == 0:
                        killing = pool.submit(own_server.kill)
        own_server.start()
    found = dict(bucket.read_all("hat", bucket.files_of("hat")))
    assert len(kept) >= 10 * KILLS
    assert kept.items() <= found.items()
    for name, there in found.items():  # one more may be there: put, and not acknowledged
        assert there is not None and digest(there)[:12] in name
