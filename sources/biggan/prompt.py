"""A module that a command asks for and that is not here: what it is, then the download.

On a terminal the download is asked for; elsewhere, in a script or on a server, it starts at once:
the command named the module. Licence and size are shown before, in either case.
"""

import sys
from collections.abc import Callable

import click

from sources.biggan.handles import HANDLES, Caches


def obtain(
    name: str, caches: Caches, echo: Callable[[str], None], *, dry_run: bool = False
) -> bool:
    """Fetch the module that ``name`` means where it has to be; say whether to go on.

    Anything that is no handle is left to `sources.registry`. Raises `CannotFetch`, `BadModel`.
    """
    handle = HANDLES.get(name.partition("/")[0])
    if handle is None:
        return True
    from sources.biggan.fetching import describe_download, fetch, is_fetched

    if is_fetched(handle, caches):
        return True
    for line in describe_download(handle):
        echo(line)
    if dry_run:
        echo("would download it first; nothing was done")
        return False
    if sys.stdin.isatty() and not click.confirm("download it?", default=True):
        return False
    echo(f"fetched to {fetch(handle, caches)}")
    return True
