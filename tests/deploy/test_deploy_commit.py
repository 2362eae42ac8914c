"""`make deploy-commit` in a scratch clone with pictures of any origin."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.deploy.conftest import Run

MODULE = (sys.executable, "-m", "bin.deploy_commit")
PICTURES = ["images/drink/0.png", "images/drink/1.png", "images/hat/0.png", "images/hat/1.png"]

INSTANCE = ("index.sqlite3", "site.toml", "icon.svg")  # what is deployed of that folder


@pytest.fixture
def git(clone: Path, environment: dict[str, str]) -> Callable[..., str]:
    def run_git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=clone, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    return run_git


@pytest.fixture
def filled(clone: Path, run: Run) -> Path:
    for number, name in enumerate(PICTURES):
        path = clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (number, 99, 99)).save(path)
    (clone / "images/hat/.tmp-left").write_bytes(b"half a picture")
    assert run(sys.executable, "-m", "flask", "index").returncode == 0
    assert (clone / "instance/key").exists()  # what must not be deployed
    return clone


def test_the_branch_holds_pictures_and_index_and_nothing_else_changes(
    filled: Path, run: Run, git: Callable[..., str]
) -> None:
    (filled / "README.md").write_text("changed, staged")
    git("add", "README.md")
    (filled / "README.md").write_text("changed again")

    (filled / "instance/site.toml").write_text("icon = 'icon.svg'")
    (filled / "instance/icon.svg").write_text("<svg/>")

    def everything() -> list[str]:
        index = (filled / ".git/index").read_bytes().hex()
        return [git("status", "--porcelain", "--branch"), git("rev-parse", "HEAD"), index]

    before = everything()
    done = run(*MODULE)
    assert done.returncode == 0, done.stderr
    assert "git push heroku deploy:main" in done.stdout
    assert done.stderr == "note: uncommitted changes are not in it\n"
    assert everything() == before

    was = set(git("ls-tree", "-r", "--name-only", "main").splitlines())
    now = set(git("ls-tree", "-r", "--name-only", "deploy").splitlines())
    assert now - was == {*PICTURES, *(f"instance/{name}" for name in INSTANCE)}
    assert was - now == {"images/.gitkeep"}
    assert git("show", "deploy:README.md") == git("show", "main:README.md")


def test_a_clone_of_the_branch_verifies(filled: Path, run: Run, tmp_path: Path) -> None:
    assert run(*MODULE).returncode == 0
    deployed = tmp_path / "deployed"
    run("git", "clone", "-q", "-b", "deploy", str(filled), str(deployed))
    for name in PICTURES:
        assert (deployed / name).read_bytes() == (filled / name).read_bytes()
    rows = sqlite3.connect(deployed / "instance/index.sqlite3").execute(
        "SELECT c.slug, i.file FROM image i JOIN category c ON c.id = i.category_id"
    )
    assert sorted(f"images/{slug}/{file}" for slug, file in rows) == PICTURES
    # Heroku's hook takes the pictures as they are instead of making others
    done = run("sh", "-c", 'cd "$0" && bin/post_compile', str(deployed))
    assert done.returncode == 0, done.stderr
    assert "4 pictures checked" in done.stdout


def test_again_is_the_same_commit_and_more_follows_it(
    filled: Path, run: Run, git: Callable[..., str]
) -> None:
    run(*MODULE)
    first = git("rev-parse", "deploy")
    assert run(*MODULE).returncode == 0
    assert git("rev-parse", "deploy") == first

    (filled / PICTURES[0]).unlink()
    assert run(sys.executable, "-m", "flask", "index").returncode == 0
    assert run(*MODULE).returncode == 0
    git("merge-base", "--is-ancestor", first, "deploy")  # can be pushed without force
    assert PICTURES[0] not in git("ls-tree", "-r", "--name-only", "deploy")


def test_an_empty_store_is_refused(run: Run, git: Callable[..., str]) -> None:
    done = run(*MODULE)
    assert done.returncode == 1
    assert done.stderr == "error: the store is empty; fill it with: flask pregen\n"
    assert git("branch", "--list", "deploy") == ""


def test_a_store_that_does_not_agree_with_its_index_is_refused(
    filled: Path, run: Run, git: Callable[..., str]
) -> None:
    (filled / PICTURES[0]).write_bytes(b"no picture")
    done = run(*MODULE)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "1 unreadable" in done.stderr
    assert git("branch", "--list", "deploy") == ""


def test_the_branch_holds_the_walks(filled: Path, run: Run, git: Callable[..., str]) -> None:
    from store.files.morphs import Morph, MorphFolder

    walk = Morph(
        "hat-0123456789ab.webp", "hat-0123456789ab.still.webp", "0" * 64, 4, 16, 16, 8, 80,
        ("hat",), ("hat",), "tiny/1", "0" * 64, (1, 2), 0.5, "linear",
    )  # fmt: skip
    MorphFolder(filled / "instance").add(walk, b"loop", b"still")
    (filled / "instance/morphs/left.webp").write_bytes(b"of no list")
    assert run(*MODULE).returncode == 0
    names = git("ls-tree", "-r", "--name-only", "deploy", "instance/").splitlines()
    assert names == [
        "instance/index.sqlite3",
        "instance/morphs/hat-0123456789ab.still.webp",
        "instance/morphs/hat-0123456789ab.webp",
        "instance/morphs/morphs.json",
    ]
    assert git("show", "deploy:instance/morphs/hat-0123456789ab.webp") == "loop"
