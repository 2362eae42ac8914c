"""How much memory a worker's threads may keep for themselves.

glibc gives each thread that allocates an arena of its own, up to eight for every core, and an arena
hardly ever shrinks. A live picture takes some megabytes for a moment. A worker of 24 threads that
made 72 of them on two cores held 342 MiB, and with two arenas 206.
Threads that take Python's lock in turn hardly ever wait for an arena.
"""

import ctypes
import os

ARENAS = 2
_M_ARENA_MAX = -8  # of glibc's malloc.h


def bound_arenas() -> None:
    """Let all threads share `ARENAS` arenas, unless MALLOC_ARENA_MAX says how many.

    To be called before threads are started. Nothing happens where the C library is not glibc.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - only glibc has it
    except (AttributeError, OSError, TypeError):
        return
    library.mallopt(_M_ARENA_MAX, ARENAS)
