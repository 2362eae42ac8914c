"""A clean Debian in a folder, and a Dockerfile's stages executed in copies of it by chroot.

It stands for `python:3.11-slim`, which is Debian with Python: no registry of images is needed, no
daemon. What differs: the image's Python lies in /usr/local, and layers are not kept.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.container.dockerfile import Stage

PACKAGES = "python3,python3-venv,ca-certificates"
# what says here where packages come from
PIP = [Path("/etc/pip.conf"), Path("~/.config/pip/pip.conf").expanduser()]


def mirror() -> tuple[str, str]:
    """Return Debian's release here, and where apt has its packages from."""
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if line
    )["VERSION_CODENAME"]
    asked = ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)",
             "Created-By: Packages"]  # fmt: skip
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    for line in found.splitlines():
        name, _, address = line.partition(" ")
        if name == release:
            return release, address
    raise LookupError(f"apt has no packages of {release}")


def debootstrap(folder: Path) -> None:
    """Make a clean root with Python. Raises `CalledProcessError`, `LookupError`."""
    release, address = mirror()
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--keyring={keyring}", f"--include={PACKAGES}",
         release, str(folder), address],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    (folder / "usr/local/bin/python").symlink_to("/usr/bin/python3")


class Root:
    """One stage's file system."""

    def __init__(self, folder: Path, base: Path) -> None:
        self.folder = folder
        subprocess.run(["cp", "-a", str(base), str(folder)], check=True)
        shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
        for number, path in enumerate(path for path in PIP if path.is_file()):
            place = folder / ("etc/pip.conf", "root/.config/pip/pip.conf")[number]
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
        certificates = Path("/etc/ssl/certs/ca-certificates.crt")
        shutil.copy(certificates, folder / certificates.relative_to("/"))

    def path(self, place: str) -> Path:
        return self.folder / place.lstrip("/")

    def command(self, words: list[str], where: str, user: str = "0:0") -> list[str]:
        """Return the command that runs another in here, in namespaces of its own."""
        inside = f"cd {shlex.quote(where)} && exec {shlex.join(words)}"
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        changed = ["chroot", f"--userspec={user}", str(self.folder), "sh", "-c", inside]
        return [*apart, f"--mount-proc={self.folder}/proc", *changed]

    def build(self, stage: Stage, context: Path, stages: "dict[str, Root]") -> None:
        """Execute a stage's instructions, as far as they change files."""
        where, user = "/", "0:0"
        environment = {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
        for name, text in stage.instructions:
            if name == "WORKDIR":
                where = text
                self.path(where).mkdir(parents=True, exist_ok=True)
            elif name == "USER":
                user = text
            elif name == "COPY":
                self._copy(text.split(), self.path(where), context, stages)
            elif name == "RUN":
                subprocess.run(
                    self.command(["sh", "-c", text], where, user),
                    env={**stage.environment, **environment},
                    check=True, capture_output=True, text=True,
                )  # fmt: skip

    def _copy(
        self, words: list[str], where: Path, context: Path, stages: "dict[str, Root]"
    ) -> None:
        if words[0].startswith("--from="):
            source = stages[words[0].partition("=")[2]].path(words[1])
            subprocess.run(["cp", "-a", str(source), str(where / words[2])], check=True)
            return
        name, target = words
        if name != ".":
            shutil.copy(context / name, where / target)
            return
        for rule in (context / ".dockerignore").read_text().splitlines():
            if rule.startswith("!"):
                source = context / rule.removeprefix("!")
                copied = ["cp", "-r", "--no-preserve=ownership", str(source), str(where)]
                subprocess.run(copied, check=True)


@contextmanager
def running(root: Root, stage: Stage, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a stage's CMD as its USER; end it by SIGTERM, as `docker stop` does."""
    process = subprocess.Popen(
        root.command(stage.words("CMD"), stage.last("WORKDIR"), stage.last("USER")),
        env={**stage.environment, **variables},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
