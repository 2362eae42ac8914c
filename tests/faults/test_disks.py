"""A small file system that fills up, and one that can only be read: real ones, mounted here."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result

from app import create_app
from core.settings import Settings, read_settings

pytestmark = [pytest.mark.sqlite, pytest.mark.folder]
REPORT = os.environ.get("FAULT_REPORT", "")  # a file that the counts are added to
PREGEN = ["pregen", "--model", "tiny", "--categories", "5"]
ADDRESSES = ["/", "/categories", "/gallery", "/api/v1/random"]


@contextmanager
def mounted(folder: Path, kilobytes: int) -> Iterator[Path]:
    """Mount a file system of this size in a folder."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        assert os.environ.get("CI") != "true", done.stderr
        pytest.skip("mounting is not allowed here: run as root, on a machine or in a privileged "
                    "container")  # fmt: skip
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def closed(folder: Path, view: Path) -> Iterator[Path]:
    """Show a folder's content in another one, where it can only be read."""
    view.mkdir()
    subprocess.run(["mount", "--bind", str(folder), str(view)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(view)], check=True)
        yield view
    finally:
        subprocess.run(["umount", "--lazy", str(view)], check=True)


def settings_in(folder: Path, models: Path) -> Settings:
    return read_settings(
        {
            "NONESUCH_HOME": str(folder / "home"),
            "NONESUCH_IMAGES_FOLDER": str(folder / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(folder / "instance"),
            "NONESUCH_MODELS_FOLDER": str(models),
            "NONESUCH_FREE_SPACE_FLOOR_MB": "0",  # or it would stop before the disk does
        }
    )


def run(settings: Settings, *words: str) -> Result:
    """Run a command; it must end in words, not in a traceback."""
    result = create_app(settings).test_cli_runner().invoke(args=list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), (
        words, result.exception)  # fmt: skip
    return result


def told(settings: Settings, *words: str) -> str:
    """Run a command that must fail in one line; return the line."""
    result = run(settings, *words)
    assert result.exit_code == 1, (words, result.output)
    (line,) = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    return line


def pictures_of(settings: Settings) -> int:
    return len(list(settings.images_folder.rglob("*.webp")))


def tell(**counts: object) -> None:
    if REPORT:
        with Path(REPORT).open("a", encoding="utf-8") as file:
            file.write(json.dumps(counts) + "\n")


def test_a_disk_that_fills_up_stops_pregen_and_more_room_continues_it(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was recorded stays; the estimate that would have refused at once is switched off."""
    monkeypatch.setattr("pregen.filling.run.BYTES_GUESS", 1)
    with mounted(tmp_path / "small", 700) as folder:
        settings = settings_in(folder, models)
        words = [*PREGEN, "--samples", "200"]
        line = told(settings, *words)
        assert "space" in line or "full" in line, line
        found = run(settings, "verify")
        assert set(kinds_of(found.output)) <= {"orphaned"}, found.output
        kept = pictures_of(settings)
        assert kept > 0
        client = create_app(settings).test_client()
        assert [client.get(address).status_code for address in ADDRESSES] == [200] * 4
        assert told(settings, *words)  # the same command again: the same words
        subprocess.run(["mount", "-o", "remount,size=20m", str(folder)], check=True)
        assert run(settings, *words).exit_code == 0
        assert pictures_of(settings) == 1000
        assert run(settings, "verify").exit_code == 0
    tell(fault="a full file system", pictures_kept=kept, pictures_in_the_end=1000)


def kinds_of(output: str) -> list[str]:
    """Return the kinds of problems in what `flask verify` says."""
    lines = [line for line in output.splitlines() if ": " in line and "; " not in line]
    return [line.partition(": ")[0] for line in lines]


def test_on_a_file_system_that_can_only_be_read_the_site_goes_on(
    models: Path, tmp_path: Path
) -> None:
    with (
        mounted(tmp_path / "open", 20_000) as folder,
        closed(folder, tmp_path / "closed") as view,
    ):
        assert run(settings_in(folder, models), *PREGEN, "--samples", "8").exit_code == 0
        settings = settings_in(view, models)
        commands = [
            [*PREGEN, "--samples", "9"], ["top-up", "--samples", "9"],
            ["curate", "category", "off", "hat"], ["export-site", str(view / "out")],
            ["morphs", "--model", "tiny", "--categories", "2"],
        ]  # fmt: skip
        for words in commands:
            line = told(settings, *words)
            assert "read-only" in line.lower() or "readonly" in line.lower(), (words, line)
        assert run(settings, "verify").exit_code == 0
        client = create_app(settings).test_client()
        assert [client.get(address).status_code for address in ADDRESSES] == [200] * 4
        assert client.get("/random.webp", follow_redirects=True).status_code == 200
        assert pictures_of(settings) == 40
    tell(fault="a read-only file system", commands_that_refused=len(commands), pictures=40)
