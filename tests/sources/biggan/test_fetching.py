"""Fetching: from folders and archives, by tensorflow-hub over real HTTP; whole or not at all."""

import dataclasses
import http.server
import io
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from core.settings import Settings
from sources.biggan.fetching import CannotFetch, asked_size, describe_download, fetch
from sources.biggan.handles import HANDLES, Caches, Handle
from sources.spec.description import BadModel

Flask = Callable[..., Result]


@pytest.fixture(scope="module")
def archive(hub_module: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "biggan-128.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for part in sorted(hub_module.iterdir()):
            tar.add(part, part.name)
    return path


def left_in(home: Path) -> list[str]:
    return sorted(str(p.relative_to(home)) for p in home.rglob("*") if p.is_file())


def test_from_an_archive_and_used(
    flask_command: Flask, settings: Settings, archive: Path, hub_module: Path
) -> None:
    result = flask_command("models", "fetch", "biggan-128", "--from", str(archive))
    assert result.exit_code == 0, result.output
    kept = settings.home / "hub" / "biggan-128" / "2"
    assert left_in(kept) == left_in(hub_module)
    assert "is here; --again" in flask_command("models", "fetch", "biggan-128").output
    listed = flask_command("models", "list").output
    assert f"biggan-128           TF Hub, 128 px, at {kept}" in listed
    assert "biggan-deep-512      TF Hub, 512 px, about" in listed


def test_from_a_folder(settings: Settings, hub_module: Path) -> None:
    caches = Caches.of(settings)
    found = fetch(HANDLES["biggan-128"], caches, hub_module)
    assert left_in(found) == left_in(hub_module)


@pytest.mark.parametrize("what", ["truncated", "no archive", "absent", "folder", "another", "hole"])
def test_what_is_not_kept(
    settings: Settings, archive: Path, hub_module: Path, tmp_path: Path, what: str
) -> None:
    given, handle = tmp_path / "given.tar.gz", HANDLES["biggan-128"]
    message = {
        "truncated": "is truncated or no archive",
        "no archive": "is truncated or no archive",
        "absent": "there is no",
        "folder": "is no SavedModel; name the folder",
        "another": r"this is not biggan-256: .*\[\?, 120\]",
        "hole": "is not whole",
    }[what]
    if what == "truncated":
        given.write_bytes(archive.read_bytes()[:20_000])
    elif what == "no archive":
        given.write_bytes(b"<html>404</html>")
    elif what == "folder":
        given.mkdir()
    elif what == "another":
        given, handle = archive, HANDLES["biggan-256"]
    elif what == "hole":
        given = Path(shutil.copytree(hub_module, tmp_path / "hole"))
        (given / "variables" / "variables.data-00000-of-00001").unlink()
    with pytest.raises((CannotFetch, BadModel), match=message):
        fetch(handle, Caches.of(settings), given)
    assert left_in(settings.home) == []


@pytest.fixture
def hub_server(archive: Path) -> Iterator[tuple[Handle, list[str]]]:
    """TF Hub as it answers: ?tf-hub-format=compressed gives the archive."""
    asked: list[str] = []
    data = archive.read_bytes()

    class Hub(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, body: bool) -> None:
            asked.append(f"{self.command} {self.path}")
            if "biggan-128/2" not in self.path or "tf-hub-format=compressed" not in self.path:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/gzip")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body:
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    publisher = f"http://127.0.0.1:{server.server_port}/deepmind"
    yield dataclasses.replace(HANDLES["biggan-128"], publisher=publisher), asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_by_tensorflow_hub(
    settings: Settings,
    hub_server: tuple[Handle, list[str]],
    hub_module: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("tensorflow_hub", reason="install tensorflow-hub: requirements-test.txt")
    monkeypatch.setenv("TFHUB_CACHE_DIR", "/somewhere/else")
    handle, asked = hub_server
    found = fetch(handle, Caches.of(settings))
    assert left_in(found) == left_in(hub_module)
    assert any(line.startswith("GET /deepmind/biggan-128/2?tf-hub-format") for line in asked)
    import os

    assert os.environ["TFHUB_CACHE_DIR"] == "/somewhere/else"
    assert [p.name for p in found.parent.iterdir()] == ["2"]  # nothing temporary stays


def test_licence_and_size_before_the_download(
    hub_server: tuple[Handle, list[str]], archive: Path
) -> None:
    handle, _ = hub_server
    lines = describe_download(handle)
    assert "licence Apache-2.0" in lines[0]
    size = asked_size(handle.address)
    assert size == archive.stat().st_size
    assert f"to download: {size / 1e6:,.1f} MB" in lines[1]
    away = dataclasses.replace(handle, publisher="http://127.0.0.1:9/deepmind")
    assert asked_size(away.address) is None
    assert "to download: about 280 MB, from http://127.0.0.1:9" in describe_download(away)[1]


def test_without_a_network_one_line_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    away = dataclasses.replace(HANDLES["biggan-128"], publisher="http://127.0.0.1:9/deepmind")
    with pytest.raises(CannotFetch) as caught:
        fetch(away, Caches.of(settings))
    assert "flask models fetch biggan-128 --from FILE" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert left_in(settings.home) == []


def test_unknown_handles(flask_command: Flask) -> None:
    result = flask_command("models", "fetch", "bigan-256")
    assert result.exit_code == 1
    assert "there is no handle 'bigan-256'; did you mean biggan-256?" in result.output


def test_dry_run_fetches_nothing(flask_command: Flask, settings: Settings) -> None:
    result = flask_command("pregen", "--model", "biggan-512", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "licence Apache-2.0" in result.output and "nothing was done" in result.output
    assert not settings.home.exists()


def test_archives_that_lead_out_of_the_folder(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "evil.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("../../evil.txt")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"evil"))
    with pytest.raises(CannotFetch, match="is truncated or no archive"):
        fetch(HANDLES["biggan-128"], Caches.of(settings), path)
    assert not list(tmp_path.rglob("evil.txt"))
