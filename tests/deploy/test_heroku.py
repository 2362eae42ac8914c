"""A deployment, as Heroku goes about it: the build's hook, then the Procfile on a fixed disk."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.deploy.conftest import Run
from tests.servers.ports import free_port

HONCHO = (sys.executable, "-m", "honcho")


def get(address: str) -> tuple[int, str, bytes]:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.status, answer.headers["Content-Type"], answer.read()


def wait_for(address: str, process: subprocess.Popen[str]) -> None:
    for _ in range(150):
        if process.poll() is not None:
            pytest.fail(f"the server ended: {process.communicate()[0]}")
        try:
            get(address)
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server did not answer in 30 s")


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Path → size and time of change, for every file but git's own."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if ".git" not in path.relative_to(folder).parts
    }


def lock(folder: Path, mode: int) -> None:
    """Give or take the right to write; root has it all the same, hence `state_of`."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(mode)


@pytest.mark.usefixtures("shipped_model")
def test_the_hook_fills_the_slug_and_the_procfile_serves_it(
    clone: Path, run: Run, environment: dict[str, str]
) -> None:
    build = {"PREGEN_CATEGORIES": "3", "PREGEN_SAMPLES": "8", "SECRET_KEY": "of the test"}
    done = run("bin/post_compile", **build)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "made 24 pictures" in done.stdout
    assert len(list(clone.glob("images/*/*.webp"))) == 24
    again = run("bin/post_compile", **build)
    assert again.returncode == 0 and "24 pictures checked" in again.stdout

    before = state_of(clone)
    lock(clone, 0o555)
    try:
        port = free_port()
        dyno = {"HOST": "127.0.0.1", "PORT": str(port), "SECRET_KEY": "of the test"}
        released = run(*HONCHO, "start", "release", **dyno)
        assert released.returncode == 0, released.stdout
        assert "nothing to migrate" in released.stdout

        web = subprocess.Popen(
            [*HONCHO, "start", "web"],
            cwd=clone, env={**environment, **dyno}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            site = f"http://127.0.0.1:{port}"
            wait_for(f"{site}/healthz", web)
            status, media_type, page = get(f"{site}/")
            assert status == 200 and media_type.startswith("text/html")
            address = re.search(r'/images/[^"\s]+\.webp', page.decode())
            assert address, page
            status, media_type, picture = get(site + address[0])
            assert (status, media_type) == (200, "image/webp")
            assert picture == (clone / address[0].lstrip("/")).read_bytes()
            categories = json.loads(get(f"{site}/categories.json")[2])["categories"]
            assert [category["pictures"] for category in categories] == [8, 8, 8]
            web.send_signal(signal.SIGTERM)
            output, _ = web.communicate(timeout=30)
        finally:
            if web.poll() is None:
                os.killpg(web.pid, signal.SIGKILL)
        assert "Traceback" not in output, output
        with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
            probe.connect(("127.0.0.1", port))
        assert state_of(clone) == before
    finally:
        lock(clone, 0o755)


def test_pictures_without_an_index_are_taken_in(clone: Path, run: Run) -> None:
    from PIL import Image

    (clone / "images/hat").mkdir()
    Image.new("RGB", (8, 8), "teal").save(clone / "images/hat/0.png")
    done = run("bin/post_compile")
    assert done.returncode == 0, done.stderr
    assert "1 new" in done.stdout


@pytest.mark.usefixtures("shipped_model")
def test_pictures_come_from_an_archive(clone: Path, run: Run, tmp_path: Path) -> None:
    """As from a bucket; of the archive only pictures and index are taken."""
    flask = (sys.executable, "-m", "flask")
    made = run(*flask, "pregen", "--categories", "2", "--samples", "3")
    assert made.returncode == 0, made.stderr
    (clone / "instance" / "key").write_text("a secret of another machine")
    (clone / "Procfile.new").write_text("web: evil")
    archive = tmp_path / "pictures.tar.gz"
    words = ("tar", "-czf", str(archive), "images", "instance", "Procfile.new")
    assert run(*words).returncode == 0
    for name in ("images", "instance"):
        shutil.rmtree(clone / name)
    (clone / "Procfile.new").unlink()
    done = run("bin/post_compile", PICTURES_ARCHIVE=archive.as_uri())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 pictures checked" in done.stdout
    assert not (clone / "Procfile.new").exists()
    assert "a secret" not in "".join(p.read_text() for p in clone.glob("instance/key"))
    gone = run("bin/post_compile", PICTURES_ARCHIVE=(tmp_path / "none").as_uri())
    assert gone.returncode != 0


def test_a_release_with_a_database_migrates_it(clone: Path, run: Run) -> None:
    database = clone / "elsewhere.sqlite3"
    done = run("bin/release", DATABASE_URL=f"sqlite:///{database}")
    assert done.returncode == 0, done.stderr
    assert "migrated the index from nothing" in done.stdout
    assert database.exists()
