"""Where runs lie, and that one process trains one of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import NonesuchError
from core.locks import lock, lock_file

OPTIONS_FILE = "training_options.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class BadRun(NonesuchError):
    """A run that does not exist, is misnamed, or is being trained by another process."""


def run_folder(home: Path, name: str) -> Path:
    """Return <home>/runs/<name>. Raises `BadRun`."""
    if not _NAME.fullmatch(name):
        raise BadRun(f"{name!r} cannot name a run", "use letters, digits, dots, - and _")
    return home / "runs" / name


def find_run(home: Path, name: str) -> Path:
    """Return the folder of a run that was begun. Raises `BadRun`."""
    folder = run_folder(home, name)
    if (folder / OPTIONS_FILE).is_file():
        return folder
    known = sorted(path.parent.name for path in folder.parent.glob(f"*/{OPTIONS_FILE}"))
    raise BadRun(
        f"there is no run {name!r}",
        f"there are: {', '.join(known)}"
        if known
        else f"begin one: flask gan train --recipe emoji --run {name}",
    )


@contextmanager
def trained_by_us(folder: Path) -> Iterator[None]:
    """Hold a run's lock, which ends with the process. Raises `BadRun` when another holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with lock_file(folder / ".lock", 0o644) as handle:
        if not lock(handle):
            raise BadRun(
                f"another process is training the run in {folder}", "give another --run name"
            )
        yield
