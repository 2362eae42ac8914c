"""A site that cannot start says why in one line, and ends its server."""

import multiprocessing
import os
import signal
import sys
from typing import NoReturn

from core.errors import NonesuchError

_NOT_BOOTED = 3  # gunicorn starts no other worker after one that ended so


def refuse_to_start(error: NonesuchError) -> NoReturn:
    """End this process with a line on standard error.

    Granian would start the worker again without end, so it is told to end.
    """
    print(f"error: {error}", file=sys.stderr, flush=True)
    server = multiprocessing.parent_process()
    is_worker = multiprocessing.current_process().name == "granian-worker"
    if is_worker and server is not None and server.pid is not None:
        os.kill(server.pid, signal.SIGTERM)
    raise SystemExit(_NOT_BOOTED)
