"""A command in the background: begun by one worker, seen and stopped by all of them.

    instance/job/lock      held by the command's process as long as it lives
    instance/job/job.json  what it is, and how it ended
    instance/job/log       what it says

The kernel drops the lock with the process, however that ends: a job that is not over by its own
word, and holds no lock, was interrupted, and can be continued. Commands that run here are safe to
run again.
"""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.http.errors import JobRunning, NoJob
from core.files import write_durably
from core.locks import lock, lock_file, open_lock_file
from core.settings import PROJECT, Settings, read_settings, variable_of

FOLDER = "job"
_STOPPED_STATUS = 130
RUNNING, DONE, FAILED, STOPPED, INTERRUPTED = "running", "done", "failed", "stopped", "interrupted"
_LOG_BYTES = 4000  # of its end, that is read
_LINES = 4  # of these, that are shown
_COUNT = re.compile(r"(\d+) of (\d+) pictures")
_PROCESS = Path(__file__).with_name("process.py")


@dataclass(frozen=True)
class OwnerJob:
    """A command, and what became of it."""

    title: str
    words: tuple[str, ...]  # of the command, behind `flask`
    state: str = RUNNING
    pid: int = 0
    began_s: float = 0.0  # since 1970
    lines: tuple[str, ...] = ()  # the last that it said
    done: int = 0  # pictures, of `total`
    total: int = 0  # 0: it has not said yet

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.state == RUNNING

    @property
    def can_continue(self) -> bool:
        """Whether it is over before its end."""
        return self.state in (INTERRUPTED, STOPPED, FAILED)


class Jobs:
    """The jobs of one machine, as every worker sees them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.instance_folder / FOLDER

    def now(self) -> OwnerJob | None:
        """Return the job that runs, or the last one; None where there is none."""
        try:
            kept = json.loads((self._folder / "job.json").read_bytes())
            job = OwnerJob(**{**kept, "words": tuple(kept["words"]), "lines": ()})
        except (OSError, ValueError, TypeError, KeyError):
            return None
        if job.is_running and not self._is_locked():
            job = dataclasses.replace(job, state=self._ending())
        text = self._log()
        counts = _COUNT.findall(text)
        done, total = map(int, counts[-1]) if counts else (0, 0)
        lines = tuple(line for line in text.splitlines() if line.strip())[-_LINES:]
        return dataclasses.replace(job, lines=lines, done=done, total=total)

    def start(self, title: str, words: Sequence[str]) -> OwnerJob:
        """Begin a command; it ends with this server. Raises `JobRunning`, OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = open_lock_file(self._folder / "lock")
        try:
            if not lock(handle, unsupported=True):
                raise JobRunning(
                    "another job is running", "wait for its end, or stop it, at /curate"
                )
            (self._folder / "ending").unlink(missing_ok=True)
            with (self._folder / "log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-P", _PROCESS, str(server_pid()), self._folder, *words],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=PROJECT,
                    env=_environment(self._settings),
                    pass_fds=(handle,),
                    start_new_session=True,
                )
            job = OwnerJob(title, tuple(words), pid=process.pid, began_s=time.time())
            write_durably(self._folder / "job.json", json.dumps(dataclasses.asdict(job)).encode())
        finally:
            os.close(handle)  # the process has it, and with it the lock
        return job

    def stop(self) -> OwnerJob:
        """Let the job store what it has made, and end. Raises `NoJob`."""
        job = self.now()
        if job is None or not job.is_running:
            raise NoJob("no job is running", "the last one is over; see /curate")
        # a process that has just begun dies of the signal; one that goes on writes its own status
        with suppress(FileExistsError), (self._folder / "ending").open("x") as ending:
            ending.write(str(_STOPPED_STATUS))
        with suppress(ProcessLookupError):
            os.kill(job.pid, signal.SIGTERM)
        return job

    def resume(self) -> OwnerJob:
        """Run the last command again, which goes on. Raises `NoJob`, `JobRunning`, OSError."""
        job = self.now()
        if job is None or not (job.can_continue or job.is_running):
            raise NoJob("there is nothing to continue", "the last job came to its end")
        return self.start(job.title, job.words)

    def _is_locked(self) -> bool:
        try:
            with lock_file(self._folder / "lock") as handle:
                return not lock(handle, shared=True, unsupported=True)
        except OSError:
            return False

    def _ending(self) -> str:
        """Return how a job ended whose process is gone."""
        try:
            status = int((self._folder / "ending").read_text())
        except (OSError, ValueError):
            return INTERRUPTED
        return {0: DONE, _STOPPED_STATUS: STOPPED}.get(status, FAILED)

    def _log(self) -> str:
        try:
            with (self._folder / "log").open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - _LOG_BYTES))
                return log.read().decode(errors="replace")
        except OSError:
            return ""


def server_pid() -> int:
    """Return the process with which the whole server ends: a worker may be replaced before."""
    import multiprocessing

    is_worker = multiprocessing.parent_process() is not None or "gunicorn.arbiter" in sys.modules
    return os.getppid() if is_worker else os.getpid()


def _environment(settings: Settings) -> Mapping[str, str]:
    """Return the environment that gives a process these settings."""
    found = {name: value for name, value in os.environ.items() if name != "FLASK_RUN_FROM_CLI"}
    usual = read_settings(os.environ)
    for field in dataclasses.fields(Settings):
        value = getattr(settings, field.name)
        if value != getattr(usual, field.name):
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            found[variable_of(field.name)] = text
    return found
