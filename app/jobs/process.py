"""The process of a job: a `flask` command that ends with the server that began it.

    python -P process.py SERVER_PID FOLDER COMMAND…

It says now and then how far it is, and leaves its exit status in FOLDER/ending.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

_LOOK_EVERY_S = 0.5
_PATIENCE_S = 30.0  # for what is made to be stored
_SAY_EVERY_S = 1.0
STOPPED = 130


def main() -> int:
    """Run the command; return its exit status."""
    server, folder, words = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    try:
        signal.signal(signal.SIGTERM, _stop)
        threading.Thread(target=_end_with, args=(server,), daemon=True).start()
        sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
        status = _run(words)
    except KeyboardInterrupt:
        status = STOPPED
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is over: the rest takes no time
    sys.stdout.flush()
    (folder / "ending").write_text(str(status))
    return status


def _run(words: list[str]) -> int:
    from flask.cli import FlaskGroup

    import core.progress

    core.progress.LINE_EVERY_S = _SAY_EVERY_S
    try:
        FlaskGroup(name="flask").main(["--app", "app", *words], prog_name="flask")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _end_with(server: int) -> None:
    """End as by SIGTERM when the server is gone; after a while, in whatever way."""
    began = _start_of(server)
    while began and _start_of(server) == began:
        time.sleep(_LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE_S)
    os._exit(STOPPED)


def _start_of(pid: int) -> str:
    """Return when a process began: its number may be another's by now. Empty where it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return _of_other_systems(pid)
    fields = text.rpartition(")")[2].split()  # behind the name, which may hold anything
    return "" if fields[0] == "Z" else fields[19]


def _of_other_systems(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"


if __name__ == "__main__":
    sys.exit(main())
