"""Commits pictures and index, both ignored by git, to a branch of their own for Heroku.

The commit holds what HEAD holds and, beside it, every picture of the store, the SQLite index, the
walks of /morphs, and site.toml with what it names; nothing else of the instance folder, above all
not the key. It is put together in an index file of its own: the current branch, git's index and the
working tree stay as they are. Its parents are the branch's last commit and HEAD, so that pushing it
again is never a forced push.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from app.identity.reading import read_identity
from core.errors import NonesuchError
from core.settings import Settings, read_settings
from pregen.verifying.verify import verify_store
from store.files.folder import PictureFolder
from store.files.morphs import LIST, MorphFolder
from store.index.database import check_revision, open_engine

BRANCH = "deploy"
REF = f"refs/heads/{BRANCH}"


class CannotDeploy(NonesuchError):
    """There is nothing to deploy, or git would not."""


def git(*words: str, data: str | None = None, index: Path | None = None) -> str:
    """Run git and return what it prints. Raises `CannotDeploy`."""
    environment = {**os.environ, "GIT_INDEX_FILE": str(index)} if index else None
    done = subprocess.run(
        ["git", *words],
        input=data,
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CannotDeploy(f"git {words[0]} failed ({reason})")
    return done.stdout.strip()


def commit_of(name: str) -> str | None:
    """Return the commit that a branch stands at, None where there is none."""
    try:
        return git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except CannotDeploy:
        return None


def store_files(settings: Settings) -> dict[str, Path]:
    """Return path in the commit → file, for every picture; store and index must agree."""
    if settings.store_url:
        raise CannotDeploy(
            "the pictures are in a bucket, not here",
            "set STORE_URL and DATABASE_URL where the site runs, and push your own branch",
        )
    folder = PictureFolder(settings.images_folder)
    files = {
        f"images/{found.category}/{found.file}": folder.folder / found.category / found.file
        for found in folder.walk()
    }
    if not files:
        raise CannotDeploy("the store is empty", "fill it with: flask pregen")
    engine = open_engine(settings)
    check_revision(engine)
    if kinds := verify_store(engine, folder, settings.instance_folder).problems:
        found = ", ".join(f"{len(lines):,} {kind}" for kind, lines in kinds.items())
        raise CannotDeploy(
            f"store and index do not agree ({found})", "see what, with: flask verify"
        )
    return files


def morph_files(settings: Settings) -> dict[str, Path]:
    """Return path in the commit → file, for the walks of /morphs and their list."""
    folder = MorphFolder(settings.instance_folder)
    names = [name for morph in folder.all() for name in (morph.file, morph.still)]
    names += [LIST] if names else []
    return {f"instance/morphs/{name}": folder.folder / name for name in names}


def site_files(settings: Settings) -> dict[str, Path]:
    """Return path in the commit → file, for site.toml in the instance folder and what it names."""
    if settings.site or not settings.site_file.exists():
        return {}
    files = [settings.site_file, *read_identity(settings).files]
    folder = settings.instance_folder.resolve()
    inside = [path for path in files if path.resolve().is_relative_to(folder)]
    return {f"instance/{path.resolve().relative_to(folder)}": path for path in inside}


def copy_index(source: Path, target: Path) -> None:
    """Copy an SQLite index as of one moment, also while a command writes to it."""
    reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    writing = sqlite3.connect(target)
    try:
        reading.backup(writing)
    finally:
        writing.close()
        reading.close()


def tree_of(head: str, files: dict[str, Path], scratch: Path) -> str:
    """Return the tree of ``head`` with these files in place of all pictures it may hold."""
    index = scratch / "index"
    git("read-tree", head, index=index)
    git("rm", "-rqf", "--cached", "--ignore-unmatch", "images", "instance", index=index)
    # one call for all; the paths reach git one a line
    paths = "\n".join(str(path.absolute()) for path in files.values())
    blobs = git("hash-object", "-w", "--no-filters", "--stdin-paths", data=paths).split()
    lines = [f"100644 {blob}\t{name}\n" for blob, name in zip(blobs, files, strict=True)]
    git("update-index", "--add", "--index-info", data="".join(lines), index=index)
    return git("write-tree", index=index)


def deploy_commit(settings: Settings) -> tuple[str, int]:
    """Put a commit on the branch; return it and how many pictures it holds."""
    head = commit_of("HEAD")
    if head is None:
        raise CannotDeploy("there is no commit yet to deploy", "git commit your work first")
    files = store_files(settings)
    pictures = len(files)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if settings.sqlite_path is not None:
            copy_index(settings.sqlite_path, scratch / "index.sqlite3")
            files["instance/index.sqlite3"] = scratch / "index.sqlite3"
        more = morph_files(settings) | site_files(settings)
        tree = tree_of(head, files | more, scratch)
    last = commit_of(REF)
    if last and git("rev-parse", f"{last}^{{tree}}") == tree:
        return last, pictures
    parents = [
        word for parent in dict.fromkeys(filter(None, [last, head])) for word in ("-p", parent)
    ]
    commit = git("commit-tree", tree, *parents, "-m", f"Deploy {pictures:,} pictures")
    git("update-ref", "-m", "make deploy-commit", REF, commit, last or "0" * 40)
    return commit, pictures


def main() -> int:
    try:
        commit, pictures = deploy_commit(read_settings(os.environ))
        if git("status", "--porcelain", "--untracked-files=no"):
            print("note: uncommitted changes are not in it", file=sys.stderr)
    except NonesuchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"the branch {BRANCH} holds {pictures:,} pictures and their index ({commit[:12]})")
    print(f"deploy it with: git push heroku {BRANCH}:main")
    return 0


if __name__ == "__main__":
    sys.exit(main())
