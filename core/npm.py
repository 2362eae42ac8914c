"""Packages from the npm registry, by name and pinned version, through the npm client."""

import base64
import hashlib
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


def fetch_package(
    name: str, version: str, cache: Path, members: Iterable[str] = (), integrity: str = ""
) -> Path:
    """Return a folder with the unpacked package, fetching it once.

    ``members``: path prefixes inside the package to unpack; all when empty. ``integrity``: what
    the package has to be, as package-lock.json has it (``sha512-…``). Raises `NpmFailed`.
    """
    folder = cache / f"{name.replace('@', '').replace('/', '-')}-{version}"
    if (folder / "package.json").exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise NpmFailed(
            f"npm is not installed, and {name} comes from its registry",
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
            archive = Path(own) / file
            if integrity and integrity_of(archive) != integrity:
                raise NpmFailed(
                    f"npm brought another {name}@{version} than the one that is pinned: "
                    f"{integrity_of(archive)}",
                    "see which registry it asks: npm config get registry",
                )
            unpack(archive, folder, tuple(members))
    except (OSError, ValueError, KeyError, tarfile.TarError, subprocess.TimeoutExpired) as error:
        raise NpmFailed(
            f"{name}@{version} did not come whole from npm ({error})", "run the command again"
        ) from error
    return folder


def integrity_of(archive: Path) -> str:
    """Return an archive's SHA-512 in the form of package-lock.json."""
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return f"sha512-{base64.b64encode(digest).decode()}"


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
