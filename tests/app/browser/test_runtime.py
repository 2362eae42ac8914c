"""The runtime: fetched once, by its pinned hash, written down whole, absent in one line."""

import base64
import gzip
import hashlib
import io
import json
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from app import create_app
from app.browser import fetching
from app.browser.fetching import fetch_runtime
from app.browser.runtime import read_runtime, runtime_folder
from core.npm import NpmFailed
from core.settings import Settings
from tests.app.browser.packages import put_package, put_runtime


def test_its_files_are_named_by_what_they_hold(tmp_path: Path) -> None:
    program = b"\0asm" + bytes(1000)
    put_package(tmp_path, program)
    fetched = fetch_runtime(tmp_path)
    assert fetched == read_runtime(tmp_path) == fetch_runtime(tmp_path)
    for file in fetched.files:
        data = (fetched.folder / file.name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)
        assert f".{file.sha256[:12]}." in file.name
    assert gzip.decompress((fetched.folder / fetched.program.name).read_bytes()) == program
    core = (fetched.folder / fetched.core.name).read_text()
    assert f'from "./{fetched.loader.name}"' in core and "@litertjs" not in core
    assert "export default ModuleFactory" in (fetched.folder / fetched.loader.name).read_text()
    assert "Apache License" in (fetched.folder / "NOTICE").read_text()


def test_a_runtime_of_which_a_part_is_missing_or_cut_is_none(tmp_path: Path) -> None:
    assert read_runtime(tmp_path) is None
    fetched = put_runtime(tmp_path)
    path = fetched.folder / fetched.program.name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert read_runtime(tmp_path) is None
    assert fetch_runtime(tmp_path) == fetched and path.read_bytes() == whole
    path.unlink()
    assert read_runtime(tmp_path) is None
    (fetched.folder / "runtime.json").write_text('{"core": 1}')
    assert read_runtime(tmp_path) is None


def test_a_package_of_other_content_is_refused(tmp_path: Path) -> None:
    folder = put_package(tmp_path)
    (folder / "dist" / "index.js").write_text("export const another = 1;")
    with pytest.raises(NpmFailed, match=r"is not @litertjs/core@2\.5\.3; remove it: rm -r "):
        fetch_runtime(tmp_path)
    assert not runtime_folder(tmp_path).exists()


def fake_npm(folder: Path, archive: bytes) -> None:
    """Put a program `npm` into a folder that packs these bytes, whatever it is asked for."""
    (folder / "archive.tgz").write_bytes(archive)
    npm = folder / "npm"
    npm.write_text(
        f"#!{sys.executable}\n"
        "import json, shutil, sys\n"
        "target = sys.argv[sys.argv.index('--pack-destination') + 1]\n"
        f"shutil.copy({str(folder / 'archive.tgz')!r}, target + '/litertjs-core-2.5.3.tgz')\n"
        "print(json.dumps([{'filename': 'litertjs-core-2.5.3.tgz'}]))\n"
    )
    npm.chmod(0o755)


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def test_what_npm_brings_has_the_pinned_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's registry may have another package of this name and version."""
    archive = packed(
        {
            "package.json": b"{}",
            "dist/index.js": fetching._IMPORT.encode(),
            f"{fetching._PROGRAM}.js": b"",
            f"{fetching._PROGRAM}.wasm": b"",
        }
    )
    fake_npm(tmp_path, archive)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    home = tmp_path / "home"
    with pytest.raises(NpmFailed, match=r"another @litertjs/core@2\.5\.3 than the one"):
        fetch_runtime(home)
    assert not runtime_folder(home).exists() and not list((home / "npm").iterdir())
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    monkeypatch.setattr(fetching, "INTEGRITY", f"sha512-{digest}")
    assert fetch_runtime(home) == read_runtime(home)


def command(settings: Settings, *words: str) -> Result:
    runner = create_app(settings).test_cli_runner()
    return runner.invoke(args=["fetch-runtime", *words])


def test_the_command_says_where_it_is(settings: Settings) -> None:
    put_runtime(settings.home)
    done = command(settings)
    assert done.exit_code == 0
    assert str(runtime_folder(settings.home)) in done.output and "LiteRT.js 2.5.3" in done.output


def test_without_npm_one_line_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    done = command(settings)
    assert done.exit_code == 1 and len(done.output.splitlines()) == 1
    assert "npm is not installed, and @litertjs/core comes from its registry" in done.output
    done = command(settings, "--if-possible")
    assert done.exit_code == 0 and len(done.output.splitlines()) == 1
    assert done.output.startswith("visitors' browsers invent nothing: npm is not installed")
    assert not runtime_folder(settings.home).exists()


def test_where_there_is_no_runtime_the_page_is_what_it_was(
    settings: Settings, models: Path
) -> None:
    client = create_app(replace(settings, models_folder=models)).test_client()
    page = client.get("/live")
    assert "data-offer" not in page.text and page.text.count("/live/tiny?dummy=") == 10
    missing = client.get(
        "/live/files/tiny/description.json", headers={"Accept": "application/json"}
    )
    assert missing.status_code == 404
    assert "browsers cannot draw" in missing.get_json()["error"]["message"]


@pytest.mark.network
def test_the_real_package(fetched_home: Path) -> None:
    fetched = read_runtime(fetched_home)
    assert fetched is not None
    program = gzip.decompress((fetched.folder / fetched.program.name).read_bytes())
    assert program[:4] == b"\0asm"
    assert sum(file.bytes for file in fetched.files) < 4 * 10**6  # 9.7 MB before compression
    about = json.loads((fetched.folder / "runtime.json").read_text())
    assert set(about) == {"core", "loader", "program"}
