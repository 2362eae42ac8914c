"""`flask store`: parse, call, echo."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import CommandGroup
from core.files import expanded


@click.group(cls=CommandGroup)
def store() -> None:
    """The store of the pictures: a folder, or a bucket."""


@store.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option(
    "--instance",
    default=None,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the folder's rejected and switched-off pictures are.  [default: as set]",
)
@click.option("--check", is_flag=True, help="Also read and compare what is there already.")
@click.option("--dry-run", is_flag=True, help="Say what would be copied; write nothing.")
@with_appcontext
def copy(source: str, target: str, instance: Path | None, check: bool, dry_run: bool) -> None:
    """Copy the pictures FROM one store TO another: a folder, or s3://bucket/prefix.

    Copies what is missing, several pictures at a time, and reads back what it wrote. Run again it
    continues. The index stays as it is: set STORE_URL afterwards.

    \b
        flask store copy images s3://bucket/prefix
        flask store copy s3://bucket/prefix images
    """
    from tqdm import tqdm

    from store.files.opening import is_bucket, open_named
    from store.files.transfer import carry_out, plan_transfer

    settings = current_app.extensions["settings"]
    if not is_bucket(source) and not is_bucket(target):
        raise click.UsageError(f"both are folders: write cp -a {source} {target}")
    if not is_bucket(source) and not expanded(source).is_dir():
        raise click.UsageError(f"there is no folder {source}")
    one, other = (open_named(word, settings.store_wait_s) for word in (source, target))
    if one.place == other.place:
        raise click.UsageError("both are the same store")
    transfer = plan_transfer(one, other, instance or settings.instance_folder, check=check)
    if dry_run:
        click.echo(
            f"would copy or compare {transfer.pictures:,} pictures, {transfer.bytes / 2**20:.1f} "
            f"MB, from {one.place} to {other.place}; {transfer.present:,} are there"
        )
        return
    try:
        with tqdm(total=transfer.pictures, unit="picture", disable=None) as bar:
            carry_out(transfer, settings.free_space_floor_mb * 2**20, bar.update)
    except KeyboardInterrupt:
        click.echo(
            f"stopped; {transfer.copied:,} pictures were copied: "
            "run the same command again to continue"
        )
        raise SystemExit(130) from None
    for line in transfer.damaged[:20]:
        click.echo(f"not copied: {line}", err=True)
    click.echo(
        f"copied {transfer.copied:,} pictures to {other.place}, {transfer.present:,} were there"
    )
    if transfer.damaged:
        click.echo(f"{len(transfer.damaged):,} were not copied; look into them with: flask verify")
        raise SystemExit(1)
