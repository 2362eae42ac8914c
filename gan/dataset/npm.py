"""Packages from the npm registry, by name and pinned version, through the npm client."""

import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from core.errors import NonesuchError
from core.files import folder_written_whole

FETCH_TIMEOUT_S = 900


class NpmFailed(NonesuchError):
    """npm is missing, or could not bring a package."""


def fetch_package(name: str, version: str, cache: Path, members: Iterable[str] = ()) -> Path:
    """Return a folder with the unpacked package, fetching it once.

    ``members``: path prefixes inside the package to unpack; all when empty.
    """
    folder = cache / f"{name.replace('@', '').replace('/', '-')}-{version}"
    if (folder / "package.json").exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise NpmFailed(
            "npm is not installed, and the emoji sets come from its registry",
            "install Node.js (Debian: apt-get install npm) and run the command again",
        )
    cache.mkdir(parents=True, exist_ok=True)
    try:
        # a folder of its own: another process may be fetching the same
        with tempfile.TemporaryDirectory(dir=cache) as own:
            command = [npm, "pack", f"{name}@{version}", "--json", "--pack-destination", own]
            done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S)
            if done.returncode != 0:
                reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                raise NpmFailed(
                    f"npm could not fetch {name}@{version} ({reason})", "is there a network?"
                )
            file = json.loads(done.stdout)[0]["filename"].replace("@", "").replace("/", "-")
            unpack(Path(own) / file, folder, tuple(members))
    except (OSError, ValueError, KeyError, tarfile.TarError, subprocess.TimeoutExpired) as error:
        raise NpmFailed(
            f"{name}@{version} did not come whole from npm ({error})", "run the command again"
        ) from error
    return folder


def unpack(archive: Path, folder: Path, members: tuple[str, ...]) -> None:
    """Move an npm archive's files under ``members`` (all when empty) to ``folder``, whole."""
    prefixes = tuple(f"package/{member}" for member in (*members, "package.json"))
    with tarfile.open(archive) as tar, folder_written_whole(folder) as temporary:
        wanted = [m for m in tar if not members or m.name.startswith(prefixes)]
        tar.extractall(temporary, members=wanted, filter="data")
        for path in (temporary / "package").iterdir():
            path.replace(temporary / path.name)
        (temporary / "package").rmdir()
    archive.unlink()
