"""Files and folders appear whole or not at all."""

import stat
from pathlib import Path

import pytest

from core.files import folder_written_whole, write_durably


def test_a_file_is_replaced_whole_and_readable_by_all(tmp_path: Path) -> None:
    write_durably(tmp_path / "a", b"one")
    write_durably(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError):
        write_durably(tmp_path / "a", b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("there_before", [True, False])
def test_a_folder_appears_whole_or_stays(tmp_path: Path, there_before: bool) -> None:
    folder = tmp_path / "deep" / "d"
    if there_before:
        folder.mkdir(parents=True)
        (folder / "old").write_text("")
    with pytest.raises(RuntimeError), folder_written_whole(folder) as temporary:
        (temporary / "half").write_text("")
        raise RuntimeError
    assert folder.exists() == there_before
    with folder_written_whole(folder) as temporary:
        (temporary / "new").write_text("")
    assert [path.name for path in folder.iterdir()] == ["new"]
    assert [path.name for path in folder.parent.iterdir()] == ["d"]
