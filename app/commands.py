"""The project's commands under `flask`, each imported when it is called."""

from importlib import import_module

import click
from flask.cli import AppGroup

COMMANDS = {
    "adopt": "pregen.adopting.cli:adopt",
    "category": "store.categories.cli:category",
    "curate": "app.curate.cli:curate",
    "db": "store.index.cli:db",
    "export-site": "app.export.cli:export_site",
    "fetch-runtime": "app.browser.cli:fetch_runtime",
    "gan": "gan.commands.cli:gan",
    "index": "pregen.indexing.cli:index",
    "models": "sources.cli:models",
    "morphs": "pregen.morphs.cli:morphs",
    "pregen": "pregen.filling.cli:pregen",
    "site": "app.identity.cli:site",
    "store": "store.files.cli:store",
    "top-up": "pregen.filling.top_up_cli:top_up",
    "verify": "pregen.verifying.cli:verify",
}


# what draws pictures or reads the index cannot be in a group of `sources`, which knows neither
ADDED = {
    "models": [
        "pregen.choosing.cli:choose",
        "store.categories.removing_cli:remove",
        "store.curation.report_cli:report",
    ]
}


class LazyCommands(AppGroup):
    """A group that knows its commands by name alone: a site that serves imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        if found is not None or cmd_name not in COMMANDS:
            return found
        command = _imported(COMMANDS[cmd_name])
        if isinstance(command, click.Group):
            for added in ADDED.get(cmd_name, []):
                command.add_command(_imported(added))
        return command


def _imported(place: str) -> click.Command:
    module, _, attribute = place.partition(":")
    command: click.Command = getattr(import_module(module), attribute)
    return command
