"""A program that runs `flask` commands in children, all imports done: a kill hits the work itself.

python -m tests.faults.commander reads a JSON line a command, {"environ": …, "words": …, "log": …,
"kill_after_s": …}, and answers the child's exit status when it has ended, negative for a signal.
With "learn" a command is run to its end, and what it imports is imported for those that follow.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from typing import Any


def command(order: dict[str, Any], *, tell_modules: int | None = None) -> None:
    """Run one command in this process, which ends with it."""
    status = 1
    try:
        os.environ.update(order["environ"])
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.argv = ["flask", "--app", "app", *order["words"]]
        from flask.cli import main

        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        status = 3
    if tell_modules is not None:
        os.write(tell_modules, "\n".join(sys.modules).encode())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def import_what_it_imports(order: dict[str, Any]) -> None:
    """Run a command to its end in a child, and import here what that imported."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        command(order, tell_modules=writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        names = told.read().split()
    os.waitpid(child, 0)
    for name in names:
        if name != "__main__":
            with suppress(Exception):
                importlib.import_module(name)


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("learn"):
            import_what_it_imports(order)
            print("ready", flush=True)
            continue
        child = os.fork()
        if not child:
            command(order)
        if order["kill_after_s"] is not None:
            time.sleep(order["kill_after_s"])
            os.kill(child, signal.SIGKILL)  # one that has ended waits to be asked
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
