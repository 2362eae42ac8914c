"""`flask models`: which generators there are, what a file holds, bringing one here."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import CommandGroup
from core.files import expanded

if TYPE_CHECKING:
    from sources.spec.signatures import Graph, Signature

_CALL = "call"
_RUNTIMES = {"litert": "LiteRT", "onnx": "ONNX", "savedmodel": "SavedModel"}


class _Models(CommandGroup):
    """The group; `call` is imported with what it needs when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), _CALL})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == _CALL:
            from sources.serving.call_cli import call

            return call
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Models)
def models() -> None:
    """Generators: what there is, what one takes, fetching and importing."""


@models.command("list")
@with_appcontext
def list_models() -> None:
    """List the generators here, and those that can be fetched."""
    from core.errors import NonesuchError
    from core.model_kinds import is_translation
    from sources.biggan.handles import HANDLES, Caches, fetched_state
    from sources.registry import find_model, model_names, versions_in
    from sources.translators.spec import translator_line

    settings = current_app.extensions["settings"]
    folder = settings.models_folder
    for name in model_names(folder):
        for version in versions_in(folder / name):
            label = f"{name}/{version}"
            if is_translation(str(folder / name)):
                click.echo(translator_line(label, folder / name / str(version)))
                continue
            try:
                model = find_model(folder, label)
            except NonesuchError as error:
                click.echo(f"{label:<20} cannot be used: {error}")
                continue
            runs = _RUNTIMES[model.runtime]
            hidden = sum(category.hidden for category in model.categories)
            click.echo(
                f"{label:<20} {runs}, {len(model.categories)} categories"
                f"{f' ({hidden} hidden)' if hidden else ''}, {model.stored_px} px, "
                f"digest {model.digest[:12]}"
            )
    caches = Caches.of(settings)
    for handle in HANDLES.values():
        click.echo(
            f"{handle.name:<20} TF Hub, {handle.size_px} px, {fetched_state(handle, caches)}"
        )


@models.command()
@click.argument("place", metavar="PATH|ADDRESS")
@click.option("--signature", "wanted", default=None, help="Signature to propose a model.toml for.")
@click.option("--write", is_flag=True, help="Write the proposal to PATH/model.toml.")
def inspect(place: str, wanted: str | None, write: bool) -> None:
    """List what a model takes and gives, and propose a model.toml.

    Of a SavedModel saved_model.pb or saved_model.pbtxt is read, of a LiteRT or ONNX file its
    inputs and outputs; nothing of the model is run. Of a model on a TensorFlow Serving,
    tfserving:// or grpc://, the server is asked. Where the folder holds a model.toml, the
    categories that it hides are listed, each with the reason.

    \b
        flask models inspect models/emoji/3
        flask models inspect ~/stylegan/1
        flask models inspect ~/stylegan/1 --write
        flask models inspect ~/gan/gan.onnx --write
        flask pregen --model ~/stylegan/1 --categories 1
    """
    from sources.inspection import inspect_place, proposal_for
    from sources.spec.description import BadModel

    inspected = inspect_place(place)
    for found in inspected.graphs:
        _show(found)
    text = proposal_for(inspected, wanted, _name_of(place))
    target = inspected.folder and inspected.folder / "model.toml"
    if target and target.exists():
        _show_hidden(target)
    if not write:
        click.echo("\n# a model.toml for it, which --write puts beside it")
        click.echo(text, nl=False)
        return
    if target is None:
        raise BadModel("--write needs a folder", "keep what is shown in a file of yours")
    if target.exists():
        raise BadModel(f"{target} is there already", "move it away first")
    from core.files import write_durably

    write_durably(target, text.encode())
    click.echo(f"\nwrote {target}: look at what it says is guessed")


def _show(graph: "Graph") -> None:
    click.echo(f"tags: {', '.join(graph.tags) or 'none'}")
    if not graph.signatures:
        click.echo("  no signatures")
    for signature in graph.signatures.values():
        _show_signature(signature)


def _show_signature(signature: "Signature") -> None:
    click.echo(f"  signature {signature.name} ({signature.method or 'no method'})")
    for word, tensors in (("in ", signature.inputs), ("out", signature.outputs)):
        for info in tensors.values():
            click.echo(f"    {word} {info}")


def _show_hidden(toml: Path) -> None:
    """List the categories that a model.toml hides; what is wrong in it is said, not raised."""
    from core.errors import NonesuchError
    from sources.spec.model_toml import read_contents

    try:
        known = read_contents(toml).categories
        hidden = [each for each in known if each.hidden]
        parts = [each for each in known if each.of]
    except NonesuchError as error:
        click.echo(f"\n{error.message}")
        return
    if parts:
        click.echo(f"\n{toml} has {len(parts)} parts of other categories:")
    for each in parts:
        click.echo(f"    {each.slug:<20} of {each.of}: {' '.join(each.concepts)}")
    if hidden:
        click.echo(f"\n{toml} hides {len(hidden)} categories:")
    for each in hidden:
        click.echo(f"    {each.slug:<20} {each.why_hidden or 'no reason is given'}")


def _name_of(place: str) -> str:
    """The folder's name, or that above a version."""
    path = Path(place.partition("?")[0])
    path = path if "://" in place else expanded(path).resolve()
    if path.is_file():
        return path.stem
    return path.parent.name if path.name.isdigit() else path.name


@models.command()
@click.argument("handle_name", metavar="HANDLE")
@click.option(
    "--from",
    "given",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder or .tar.gz with the module; nothing is downloaded then.",
)
@click.option("--again", is_flag=True, help="Fetch it although it is here.")
@click.option("--yes", is_flag=True, help="Do not ask before a download.")
@click.option("--dry-run", is_flag=True, help="Say what would be downloaded; do nothing.")
@with_appcontext
def fetch(handle_name: str, given: Path | None, again: bool, yes: bool, dry_run: bool) -> None:
    """Bring a module of TF Hub or Kaggle Models onto this machine.

    Licence and size are shown before a download; on a terminal it is asked for.

    \b
        flask models fetch biggan-256
        flask models fetch biggan-256 --from biggan-256.tar.gz
    """
    import sys

    from core.slugs import nearest
    from sources.biggan.fetching import describe_download, is_fetched
    from sources.biggan.fetching import fetch as bring
    from sources.biggan.handles import HANDLES, Caches
    from sources.registry import UnknownModel

    handle = HANDLES.get(handle_name.partition("/")[0])
    if handle is None:
        spelt = {name.replace("-", "_"): name for name in HANDLES}
        close = spelt.get(nearest(handle_name, spelt))
        raise UnknownModel(
            f"there is no handle {handle_name!r}",
            f"did you mean {close}?" if close else f"there are: {', '.join(HANDLES)}",
        )
    caches = Caches.of(current_app.extensions["settings"])
    if is_fetched(handle, caches) and not again:
        click.echo(f"{handle.name} is here; --again fetches it anew")
        return
    if given is None:
        for line in describe_download(handle):
            click.echo(line)
    if dry_run:
        return
    asks = given is None and not yes and sys.stdin.isatty()
    if asks and not click.confirm("download it?", default=True):
        return
    found = bring(handle, caches, expanded(given) if given else None)
    click.echo(f"{handle.name} is at {found}")


@models.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--custom-objects",
    multiple=True,
    metavar="MODULE:CLASS",
    help="Layer or function of yours that the file names; NAME=MODULE:CLASS under another name.",
)
@click.option("--trust", is_flag=True, help="Yes, run whatever code the file brings.")
@click.option("--name", default=None, help="Name of the model.  [default: the file's]")
@click.option("--dry-run", is_flag=True, help="Only look: say what in the file is code.")
@with_appcontext
def import_keras(
    path: Path, custom_objects: tuple[str, ...], trust: bool, name: str | None, dry_run: bool
) -> None:
    """Turn a Keras file, such as an old weights.h5, into a SavedModel with a model.toml.

    It is put into the models folder as the next version of its name. Inputs keep their names; the
    output is called out. A Keras file can hold code, and the classes that it names are yours: with
    --trust both run, with your rights, on this machine. Only do that to files of people that you
    trust. A file of Keras's own layers alone needs no --trust. The site never opens such files.

    \b
        flask models import weights/anime.h5 --custom-objects style.AdaIN:AdaIN --trust
    """
    from sources.keras_import import import_file, look

    folder, path = current_app.extensions["settings"].models_folder, expanded(path)
    if dry_run:
        target, notes = look(path, folder, name)
        for note in notes or [f"{path.name} holds no code"]:
            click.echo(note)
        click.echo(f"would write {target}")
        return
    target, notes = import_file(path, folder, custom_objects, trust, name)
    for note in notes:
        click.echo(note)
    click.echo(f"wrote {target}: look at what its model.toml says is guessed")
    click.echo(f"then: flask pregen --model {target.parent.name} --categories 1 --samples 8")
