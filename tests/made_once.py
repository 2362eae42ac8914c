"""What many tests need alike is made once in a run of them, whichever worker needs it first."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from core.locks import FOREVER, lock, lock_file

FOLDER = "TESTS_MADE_ONCE"  # names the folder that all workers of a run share


def made_once(folder: Path, part: str, key: str, make: Callable[[Path], object]) -> Path:
    """Return ``folder``/``part``, a copy of what ``make`` wrote to that part of another folder.

    ``key``: a file name that says all that ``make`` depends on.
    """
    shared = os.environ.get(FOLDER)
    if shared is None:  # without the tests' conftest
        make(folder)
        return folder / part
    kept = Path(shared) / key
    with lock_file(Path(shared) / f"{key}.lock") as handle:
        lock(handle, wait_s=FOREVER)
        if not kept.exists():
            beside = Path(shared) / f"{key}.half"
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir()
            make(beside)
            beside.rename(kept)
    shutil.copytree(kept / part, folder / part, symlinks=True)
    return folder / part
