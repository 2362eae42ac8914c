"""`flask store copy` between a folder and a bucket: everything, whole, and continued."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from app import create_app
from core.settings import PROJECT, Settings
from store.curation.reject import reject_images
from store.curation.switch import switch_off
from store.files.opening import open_bucket, open_pictures
from store.files.protocol import PictureStore, digest, file_name
from tests.conftest import Filled, fill, settings_in, small_picture
from tests.scaled import scaled
from tests.servers.object_store import BUCKET, ObjectStore
from tests.store.curation.test_curating import ids_of

pytestmark = pytest.mark.folder  # one of the two stores is a folder here


@pytest.fixture
def bucket(settings: Settings) -> str:
    return scaled(settings, store="s3").store_url


def contents(store: PictureStore) -> dict[str, bytes | None]:
    return {f"{f.category}/{f.file}": store.read(f.category, f.file) for f in store.walk()}


def everything(store: PictureStore, settings: Settings) -> list[dict[str, bytes | None]]:
    beside = [store.beside(name, settings.instance_folder) for name in ("rejected", "off")]
    return [contents(each) for each in (store, *beside)]


def run(settings: Settings, *words: str) -> Result:
    return create_app(settings).test_cli_runner().invoke(args=["store", "copy", *words])


def test_there_and_back(filled: Filled, bucket: str, tmp_path: Path) -> None:
    settings, folder = filled.settings, str(filled.settings.images_folder)
    here = open_pictures(settings)
    reject_images(filled.engine, here, settings.instance_folder, ids_of(filled, "mammal")[:2])
    switch_off(filled.engine, here, settings.instance_folder, "hat")
    before = everything(here, settings)
    assert [len(each) for each in before] == [12, 2, 5]
    result = run(settings, folder, bucket, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "would copy or compare 19 pictures, 0.0 MB, from " in result.output
    there = open_bucket(bucket, 10.0)
    assert everything(there, settings) == [{}, {}, {}]
    result = run(settings, folder, bucket)
    assert result.exit_code == 0, result.output
    assert f"copied 19 pictures to {there.place}, 0 were there" in result.output
    assert everything(there, settings) == before
    assert "copied 0 pictures" in run(settings, folder, bucket).output
    # the site's commands go on there, over the same index
    moved = dataclasses.replace(settings, store_url=bucket)
    verified = create_app(moved).test_cli_runner().invoke(args=["verify"])
    assert verified.exit_code == 0, verified.output
    back, beside = tmp_path / "back", tmp_path / "beside"
    result = run(settings, bucket, str(back), "--instance", str(beside))
    assert "copied 19 pictures" in result.output
    found = dataclasses.replace(settings, images_folder=back, instance_folder=beside)
    assert everything(open_pictures(found), found) == before


def test_it_continues_and_mends(filled: Filled, bucket: str) -> None:
    folder = str(filled.settings.images_folder)
    filled.add("pizza", {"00042.webp": small_picture(77)})
    run(filled.settings, folder, bucket)
    there = open_bucket(bucket, 10.0)
    made = [(c, f) for c, f in filled.files if c == "hat"]
    there.remove(*made[0])
    there.put_all("hat", {made[1][1]: b"cut off"})
    other = b"x" * len(filled.files["pizza", "00042.webp"])
    there.put_all("pizza", {"00042.webp": other})  # the same name and size, another picture
    result = run(filled.settings, folder, bucket)
    assert "copied 3 pictures" in result.output and "17 were there" in result.output
    assert contents(there) == contents(open_pictures(filled.settings))
    there.put_all("hat", {made[1][1]: b"y" * len(filled.files[made[1]])})
    assert "copied 0 pictures" in run(filled.settings, folder, bucket).output
    assert "copied 1 pictures" in run(filled.settings, folder, bucket, "--check").output
    assert contents(there) == contents(open_pictures(filled.settings))


def test_what_is_damaged_here_is_not_copied(filled: Filled, bucket: str) -> None:
    category, file, _ = filled.some("hat")
    filled.path(category, file).write_bytes(b"damaged")
    result = run(filled.settings, str(filled.settings.images_folder), bucket)
    assert result.exit_code == 1
    assert f"{category}/{file}: its content is not what its name says" in result.output
    assert "copied 18 pictures" in result.output and "1 were not copied" in result.output
    assert not open_bucket(bucket, 10.0).has(category, file)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["images", "elsewhere"], "both are folders: write cp -a images elsewhere"),
        (["no-such-folder", "s3://pictures/x"], "there is no folder no-such-folder"),
        (["s3://pictures/x", "s3://pictures/x/"], "both are the same store"),
        (["s3://pictures/empty", "somewhere"], "there are no pictures in s3://pictures/empty"),
        (["gs://pictures/x", "somewhere"], "'gs://pictures/x' is no address of a bucket"),
        (["s3://nowhere/x", "somewhere"], "there is no bucket for s3://nowhere/x"),
    ],
)
def test_bad_words_are_one_line(
    settings: Settings,
    bucket: str,  # noqa: ARG001
    words: list[str],
    message: str,
) -> None:
    result = run(settings, *words)
    assert result.exit_code != 0
    assert message in result.output and "Traceback" not in result.output
    assert not Path("somewhere").exists() and not Path("elsewhere").exists()


@pytest.fixture
def many(tmp_path: Path) -> Filled:
    """More pictures than are copied before a test can act."""
    from store.index.database import open_engine
    from store.index.migrating import upgrade

    settings = settings_in(tmp_path)
    engine = open_engine(settings, write=True)
    upgrade(engine)
    store = fill(settings, engine)
    data = [small_picture(seed) for seed in range(100, 500)]
    store.add(
        "great", {file_name(100 + i, digest(each), "webp"): each for i, each in enumerate(data)}
    )
    return store


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ObjectStore]:
    server = ObjectStore(tmp_path / "server")
    server.start()
    yield server
    server.remove()


def start(store: Filled, server: ObjectStore, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "store", "copy", str(store.settings.images_folder), url],
        cwd=PROJECT,
        env={
            **os.environ,
            **server.environ,
            "FLASK_APP": "app",
            "NONESUCH_INSTANCE_FOLDER": str(store.settings.instance_folder),
            "NONESUCH_STORE_WAIT_S": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_pictures(store: PictureStore, number: int) -> None:
    until = time.monotonic() + 60
    while len(store.files_of("great")) < number and time.monotonic() < until:
        time.sleep(0.02)


def test_server_and_command_killed_in_the_middle(
    many: Filled, own_server: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in own_server.environ.items():
        monkeypatch.setenv(name, value)
    url = f"s3://{BUCKET}/p"
    there = open_bucket(url, 10.0)
    first = start(many, own_server, url)
    wait_for_pictures(there, 64)
    own_server.kill()
    output, _ = first.communicate(timeout=120)
    assert first.returncode == 1, output
    assert "does not answer" in output and "run the same command again" in output
    assert "Traceback" not in output
    own_server.start()
    known = len(there.files_of("great"))
    assert 64 <= known < 400
    second = start(many, own_server, url)
    wait_for_pictures(there, known + 64)
    second.send_signal(signal.SIGINT)
    output, _ = second.communicate(timeout=120)
    assert second.returncode == 130 and "run the same command again to continue" in output
    last = start(many, own_server, url)
    output, _ = last.communicate(timeout=120)
    assert last.returncode == 0, output
    assert contents(there) == contents(open_pictures(many.settings))
    moved = dataclasses.replace(many.settings, store_url=url)
    verified = create_app(moved).test_cli_runner().invoke(args=["verify"])
    assert verified.exit_code == 0, verified.output
