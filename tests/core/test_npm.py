"""npm: missing, unreachable, and one real package."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from core.npm import NpmFailed, fetch_package, unpack
from gan.dataset.emoji.sets import EMOJI_SETS


def test_an_unreachable_registry_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real npm against a port where nobody listens."""
    if not fetchable():
        pytest.skip("npm is not installed")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    with pytest.raises(NpmFailed, match=r"could not fetch @iconify-json/fxemoji@1\.2\.2"):
        fetch_package("@iconify-json/fxemoji", "1.2.2", tmp_path / "cache")


def fetchable() -> bool:
    import shutil

    return shutil.which("npm") is not None


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_only_the_members_asked_for_are_unpacked(tmp_path: Path) -> None:
    archive = pack(
        tmp_path / "a.tgz",
        {"package/package.json": b"{}", "package/icons.json": b"[]", "package/big.bin": b"x"},
    )
    unpack(archive, tmp_path / "a", ("icons.json",))
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["icons.json", "package.json"]
    assert not archive.exists()


def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.tgz", {"package/../../evil": b"x", "package/package.json": b"{}"})
    with pytest.raises(tarfile.TarError):
        unpack(archive, tmp_path / "deep" / "a", ())
    assert not list(tmp_path.rglob("evil"))
    assert not (tmp_path / "deep" / "a").exists()


@pytest.mark.network
def test_the_smallest_set_comes_whole_and_is_fetched_once(tmp_path: Path) -> None:
    smallest = next(s for s in EMOJI_SETS if s.style == "fxemoji")
    folder = fetch_package(smallest.package, smallest.version, tmp_path)
    about = json.loads((folder / "package.json").read_text())
    assert (about["name"], about["version"]) == (smallest.package, smallest.version)
    assert len(json.loads((folder / "icons.json").read_text())["icons"]) > 500
    assert [p.name for p in tmp_path.iterdir()] == [folder.name]
    before = (folder / "package.json").stat().st_mtime_ns
    assert fetch_package(smallest.package, smallest.version, tmp_path) == folder
    assert (folder / "package.json").stat().st_mtime_ns == before
