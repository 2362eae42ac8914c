"""The project's commands under `flask`, each imported when it is called."""

from importlib import import_module

import click
from flask.cli import AppGroup

COMMANDS = {
    "db": "store.cli:db",
    "gan": "gan.cli:gan",
    "index": "pregen.cli:index",
    "pregen": "pregen.cli:pregen",
    "verify": "pregen.cli:verify",
}


class LazyCommands(AppGroup):
    """A group that knows its commands by name alone: a site that serves imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        if found is not None or cmd_name not in COMMANDS:
            return found
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command
