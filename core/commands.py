"""Commands whose errors are one line: the only place where a `NonesuchError` meets click.

@click.group(cls=CommandGroup)
def gan() -> None: ...

@gan.command()  # a Command, as every command of a CommandGroup
@with_appcontext
def train() -> None: ...
"""

import sys
from typing import Any

import click

from core.errors import NonesuchError, refused
from core.packages import not_installed

STOPPED = 130  # what a shell expects of a program that Ctrl-C ended


def invoke_plainly(context: click.Context, invoke: Any) -> Any:
    """Return ``invoke(context)``; a `NonesuchError` becomes one line and exit status 1.

    So does whatever the program is not to blame for, wherever it arose: what the disk, the system
    or the database refuses, and packages that are not installed. Ctrl-C ends with status 130. A
    bug keeps its traceback.
    """
    try:
        return invoke(context)
    except KeyboardInterrupt:
        click.echo("stopped: run the same command again to do the rest", err=True)
        raise SystemExit(STOPPED) from None
    except Exception as error:
        said = _said_of(error)
        if said is None:
            raise
        raise click.ClickException(str(said)) from error


def _said_of(error: Exception) -> NonesuchError | None:
    """Return what to tell the user of an error; None of a bug."""
    if isinstance(error, NonesuchError):
        return error
    if isinstance(error, OSError):
        return refused(error)
    if isinstance(error, ImportError):
        return not_installed(error)
    if _is_of_database(error):
        reason = (str(getattr(error, "orig", "")).splitlines() or ["no reason given"])[0]
        return NonesuchError(
            f"the database refused ({reason})", "see what else uses it, then run the command again"
        )
    return None


def _is_of_database(error: Exception) -> bool:
    """Say whether a database could not work, as when it is locked; a wrong question is a bug."""
    # imported where something has asked a database
    known = sys.modules.get("sqlalchemy.exc")
    return known is not None and isinstance(error, known.OperationalError)


class Command(click.Command):
    """A command that shows a `NonesuchError` as ``Error: message; hint``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for arg in args:
            if not _is_text(arg):
                raise click.UsageError(f"{arg!r} is not UTF-8 text without NUL: write it anew")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        return invoke_plainly(ctx, super().invoke)


def _is_text(arg: str) -> bool:
    """Say whether a word can be stored and printed; Python gives other bytes as surrogates."""
    return "\0" not in arg and arg == arg.encode(errors="replace").decode()


class CommandGroup(click.Group):
    """A group whose commands and groups are of these two classes."""

    command_class = Command
    group_class = type  # a group made by .group() is a CommandGroup too

    def invoke(self, ctx: click.Context) -> Any:
        return invoke_plainly(ctx, super().invoke)
