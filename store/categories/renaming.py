"""Another name for a category, or two that become one: files, rows, and the way from old addresses.

Files are copied first, as hard links where that can be, then the rows change in one transaction,
then the old files go. A crash leaves files too many, which the next such command, or `flask index`,
clears away (`gather`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from core.errors import NonesuchError
from core.slugs import LONGEST, checked_name, slugify
from store.curation.settling import rename_image, settle
from store.files.protocol import PictureStore, digest, names_of
from store.files.quarantine import Quarantine, copy
from store.index.category_names import aliases, find_slug
from store.index.category_rows import forget_images, merge_rows, rename_rows
from store.index.database import writing
from store.index.states import MISSING
from store.index.tables import Row, alias, category, image, unmoved


class CannotRename(NonesuchError):
    """A name that a category cannot have, or two that cannot become one."""


@dataclass(frozen=True)
class Move:
    """What a command is about to do, or has done."""

    old: str  # slug
    new: str
    name: str  # for people
    pictures: int  # of any state
    superfluous: int = 0  # of these: the other category has them already


def plan_rename(connection: Connection, word: str, name: str, slug: str = "") -> Move:
    """Check another display name, and slug, for a category; ``word``: any name that it has.

    ``slug``: by default what the name gives. Raises `CannotRename`, `BadCategoryName`,
    `core.slugs.UnknownSlug`.
    """
    old, name = find_slug(connection, word), checked_name(name)
    new = slugify(slug or name)[:LONGEST].strip("_")
    if slug and new != slug:
        raise CannotRename(f"{slug[:100]!r} is no slug", f"write {new}")
    found = _category(connection, old)
    if new != old:
        other = connection.execute(select(category.c.slug).where(category.c.slug == new)).scalar()
        if other:
            raise CannotRename(
                f"there is a category {new} already",
                f"put them together: flask category merge {old} {new}, or add --slug",
            )
        led_to = connection.execute(
            select(category.c.slug, category.c.id).join(alias).where(alias.c.slug == new)
        ).first()
        if led_to and led_to.id != found.id:
            raise CannotRename(
                f"{new} is what {led_to.slug} was called before, and its addresses lead there",
                "choose another name, or add --slug",
            )
    return Move(old, new, name, len(_rows(connection, found.id)))


def rename(
    engine: Engine, store: PictureStore, instance: Path, word: str, name: str, slug: str = ""
) -> Move:
    """Give a category another name. Raises as `plan_rename`, `IndexUnusable`, `StoreUnusable`."""
    quarantine = Quarantine(store, instance)
    settle(engine, quarantine)
    with writing(engine) as connection:
        move = plan_rename(connection, word, name, slug)
        found = _category(connection, move.old)
        if move.new != move.old:
            _carry(connection, quarantine, _rows(connection, found.id), move, taken=())
        rename_rows(connection, found.id, move.new, move.name)
    _follow(engine, quarantine, instance, move)
    return move


def plan_merge(connection: Connection, word: str, into: str) -> Move:
    """Check that a category can go into another. Raises `CannotRename`, `UnknownSlug`."""
    old, new = find_slug(connection, word), find_slug(connection, into)
    if old == new:
        raise CannotRename(f"{word} and {into} are one category, {old}", "name two")
    source, target = _category(connection, old), _category(connection, new)
    if source.off != target.off:
        off, on = (old, new) if source.off else (new, old)
        raise CannotRename(
            f"{off} is off and {on} is not", f"switch it on first: flask curate category on {off}"
        )
    rows = _rows(connection, source.id)
    return Move(old, new, target.name, len(rows), len(_doubled(connection, rows, target.id)))


def merge(engine: Engine, store: PictureStore, instance: Path, word: str, into: str) -> Move:
    """Put a category's pictures into another. Raises as `plan_merge` and `rename`.

    Of a picture that both have, the other category's stays.
    """
    quarantine = Quarantine(store, instance)
    settle(engine, quarantine)
    with writing(engine) as connection:
        move = plan_merge(connection, word, into)
        source, target = _category(connection, move.old), _category(connection, move.new)
        rows = _rows(connection, source.id)
        doubled = {row.id for row in _doubled(connection, rows, target.id)}
        lost = {row.id for row in _lost(rows, _rows(connection, target.id))}
        forget_images(connection, sorted(doubled | lost))
        taken = {row.file for row in _rows(connection, target.id)}
        kept = [row for row in rows if row.id not in doubled]
        _carry(connection, quarantine, kept, move, taken)
        merge_rows(connection, source.id, target.id)
    for state in quarantine.places:
        files = [row.file for row in rows if row.id in doubled and row.state == state]
        quarantine.discard(state, move.old, files)
    _follow(engine, quarantine, instance, move)
    return move


def gather(engine: Engine, quarantine: Quarantine) -> int:
    """Bring what lies under a category's former names to where it is; return how many files.

    A command that was stopped left it, or somebody put it there.
    """
    with engine.connect() as connection:
        led = aliases(connection)
    return sum(_gather(engine, quarantine, old, new) for old, new in led.items())


def _gather(engine: Engine, quarantine: Quarantine, old: str, new: str) -> int:
    count = 0
    for state, place in quarantine.places.items():
        files = place.files_of(old)
        if files:
            known = _files_by_hash(engine, new, state)

        def bring(file: str) -> None:
            data = place.read(old, file)  # noqa: B023 - called before the next round
            if data is None:
                return
            own = digest(data)
            there = known.get(own)  # noqa: B023
            if there is None or place.read(new, there) != data:  # noqa: B023
                copy(place, place, old, file, data, names_of(file, own), into=new)  # noqa: B023
                place.sync(new)  # noqa: B023
            place.remove(old, file)  # noqa: B023

        quarantine.each(bring, files)
        count += len(files)
        place.leave(old)
    return count


def _carry(
    connection: Connection, quarantine: Quarantine, rows: Sequence[Row], move: Move,
    taken: Collection[str],
) -> None:  # fmt: skip
    """Copy files to where they will belong; note those that have another name there."""
    busy = select(unmoved.c.image_id).join_from(unmoved, image).join(category)
    if connection.execute(busy.where(category.c.slug == move.old)).first():
        raise CannotRename(
            f"pictures of {move.old} are being moved at this moment", "do it again in a minute"
        )

    def name_of(row: Row) -> str:
        names = names_of(row.file, row.sha256)
        place = quarantine.places.get(row.state)
        data = None if place is None else place.read(move.old, row.file)
        if place is None or data is None:
            return next(name for name in names if name not in taken)
        return copy(place, place, move.old, row.file, data, names, taken, move.new)

    for row, name in zip(rows, quarantine.each(name_of, rows), strict=True):
        rename_image(connection, row.id, move.old, row.file, name)
    for place in quarantine.places.values():
        place.sync(move.new)


def _follow(engine: Engine, quarantine: Quarantine, instance: Path, move: Move) -> None:
    """Clear away what the rows no longer know."""
    if move.new == move.old:
        return
    _gather(engine, quarantine, move.old, move.new)
    originals = instance / "originals"
    if (originals / move.old).is_dir():
        (originals / move.new).mkdir(exist_ok=True)
        for path in (originals / move.old).iterdir():  # named by their hash
            path.replace(originals / move.new / path.name)
        (originals / move.old).rmdir()


def _doubled(connection: Connection, rows: Sequence[Row], target_id: int) -> list[Row]:
    """Return those of a category's rows whose picture another category has."""
    there = _rows(connection, target_id)
    lost = {row.id for row in _lost(rows, there)}
    hashes = {row.sha256 for row in there if row.state != MISSING}
    seeds = {_drawn(row) for row in there if row.seed is not None and row.id not in lost}
    return [row for row in rows if row.sha256 in hashes or _drawn(row) in seeds]


def _lost(rows: Sequence[Row], there: Sequence[Row]) -> list[Row]:
    """Return the rows of the other category that miss a picture which is among ``rows``."""
    drawn = {_drawn(row) for row in rows if row.seed is not None and row.state != MISSING}
    return [row for row in there if row.state == MISSING and _drawn(row) in drawn]


def _drawn(row: Row) -> tuple[str | None, int | None]:
    return row.model_digest, row.seed


def _category(connection: Connection, slug: str) -> Row:
    statement = select(category.c.id, category.c.name, category.c.off)
    return connection.execute(statement.where(category.c.slug == slug)).one()


def _rows(connection: Connection, category_id: int) -> Sequence[Row]:
    statement = select(
        image.c.id, image.c.file, image.c.sha256, image.c.state, image.c.model_digest, image.c.seed
    ).where(image.c.category_id == category_id)
    return connection.execute(statement.order_by(image.c.id)).all()


def _files_by_hash(engine: Engine, slug: str, state: str) -> Mapping[str, str]:
    statement = select(image.c.sha256, image.c.file).join(category)
    with engine.connect() as connection:
        rows = connection.execute(statement.where(category.c.slug == slug, image.c.state == state))
        return {row.sha256: row.file for row in rows}
