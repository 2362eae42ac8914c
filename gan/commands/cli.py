"""`flask gan`: data sets, training, evaluation and export of own generators.

Nothing here imports TensorFlow until a command that needs it is called.
"""

import sys
from contextlib import suppress

import click
from flask.cli import with_appcontext

from core.commands import CommandGroup
from core.packages import NotInstalled, import_tensorflow
from gan.commands.curator import curator
from gan.commands.dataset import dataset
from gan.commands.evaluate import evaluate
from gan.commands.export import export
from gan.commands.options import settings
from gan.commands.train import train
from gan.commands.truncations import truncations


@click.group(cls=CommandGroup)
def gan() -> None:
    """Make a generator of your own: data set, training, evaluation, export."""


for command in (dataset, train, evaluate, truncations, export, curator):
    gan.add_command(command)


@gan.command()
@with_appcontext
def doctor() -> None:
    """Look at Python, packages, processor, GPU and disk; say what to type where one is wrong.

    Ends with status 1 when something is wrong.

    \b
    Example: flask gan doctor
    """
    from gan.training.doctor import WRONG, examine, report

    with suppress(ImportError, NotInstalled):
        import_tensorflow()
    findings = examine(settings().home)
    click.echo(report(findings))
    sys.exit(any(finding.state == WRONG for finding in findings))
