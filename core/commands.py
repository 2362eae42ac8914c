"""Commands whose errors are one line: the only place where a `NonesuchError` meets click.

@click.group(cls=CommandGroup)
def gan() -> None: ...

@gan.command()  # a Command, as every command of a CommandGroup
@with_appcontext
def train() -> None: ...
"""

from typing import Any

import click

from core.errors import NonesuchError, refused


def invoke_plainly(context: click.Context, invoke: Any) -> Any:
    """Return ``invoke(context)``; a `NonesuchError` becomes one line and exit status 1.

    So does what the disk or the system refuses, wherever it was asked.
    """
    try:
        return invoke(context)
    except NonesuchError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        said = refused(error)
        if said is None:
            raise
        raise click.ClickException(str(said)) from error


class Command(click.Command):
    """A command that shows a `NonesuchError` as ``Error: message; hint``."""

    def invoke(self, ctx: click.Context) -> Any:
        return invoke_plainly(ctx, super().invoke)


class CommandGroup(click.Group):
    """A group whose commands and groups are of these two classes."""

    command_class = Command
    group_class = type  # a group made by .group() is a CommandGroup too

    def invoke(self, ctx: click.Context) -> Any:
        return invoke_plainly(ctx, super().invoke)
