"""Pictures of a folder into the store: read, converted, written, then indexed, in groups.

Running again continues: what a file became is known by its bytes, and converting it once more gives
the same file under the same name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Engine

from core.cpu import usable_cores
from core.gathering.census import Census
from core.gathering.walk import FoundFile
from core.settings import Settings
from core.slugs import slugs_of
from pregen.adopting.arranging import Arranged
from pregen.adopting.originals import keep_original
from store.adopting.known import KnownOriginals, row_for
from store.adopting.recording import GroupWriter
from store.files.opening import open_pictures
from store.files.parallel import in_parallel
from store.files.quarantine import Quarantine
from store.formats.adoption import convert, original_digest
from store.formats.encoding import BadPicture, Format
from store.index.category_names import slugs_by_name
from store.index.states import REJECTED
from store.index.tables import Row
from store.index.writes import NewImage

GROUP = 64  # pictures of one commit
GROUP_BYTES = 64 * 2**20
SAME_FILE = "the same file as another"
SAME_PICTURE = "the same picture as another"


@dataclass(frozen=True)
class AdoptOptions:
    """What is done to each picture."""

    chosen: Format
    keep_metadata: bool = False
    keep_originals: bool = False


@dataclass(frozen=True)
class Adoptee:
    """A file that was read: a row and bytes for the store, or what else it is."""

    found: FoundFile
    original: str = ""
    known: Row | None = None
    row: NewImage | None = None
    data: bytes = b""
    is_first_of_several: bool = False
    reason: str = ""


@dataclass
class Outcome:
    """What came of it."""

    census: Census
    animated: list[str] = field(default_factory=list)  # of which one picture was taken
    labels: dict[tuple[str, str], str] = field(default_factory=dict)  # (slug, file) → original


def adopt(
    arranged: Arranged, settings: Settings, engine: Engine, options: AdoptOptions,
    on_done: Callable[[int], object],
) -> Outcome:  # fmt: skip
    """Take all pictures in; ``on_done`` is told of files that are done with.

    Raises `IndexUnusable`, `StoreUnusable`.
    """
    store = open_pictures(settings)
    quarantine = Quarantine(store, settings.instance_folder)
    with engine.connect() as connection:
        known = KnownOriginals(connection, quarantine)
    slugs = slugs_in(engine, arranged)
    outcome = Outcome(arranged.census)
    recorder = GroupWriter(engine, store, settings)
    taken: dict[str, str] = {}  # original → label
    for name, files in arranged.categories.items():

        def read(found: FoundFile, name: str = name) -> Adoptee:
            return _read(found, slugs[name], name, known, options, settings)

        group: dict[str, Adoptee] = {}
        for each in in_parallel(read, files, usable_cores()):
            if each.row is None or each.original in taken:
                _count(each, taken, outcome)
                on_done(1)
                continue
            taken[each.original] = each.found.label
            group[each.row.file] = each
            size = sum(len(waiting.data) for waiting in group.values())
            if len(group) >= GROUP or size >= GROUP_BYTES:
                _record(recorder, slugs[name], name, group, outcome)
                on_done(len(group))
                group = {}
        if group:
            _record(recorder, slugs[name], name, group, outcome)
            on_done(len(group))
    return outcome


def slugs_in(engine: Engine, arranged: Arranged) -> Mapping[str, str]:
    """Return the slug of each category, by its display name: that of the index where it has one.

    A name that a category had before leads to it.
    """
    with engine.connect() as connection:
        return slugs_of(arranged.categories, slugs_by_name(connection))


def _read(
    found: FoundFile, slug: str, name: str, known: KnownOriginals, options: AdoptOptions,
    settings: Settings,
) -> Adoptee:  # fmt: skip
    try:
        data = found.path.read_bytes()
        original = original_digest(data)
        if there := known.find(original):
            return Adoptee(found, original, known=there)
        made = convert(data, options.chosen, name, keep_metadata=options.keep_metadata)
        row = row_for(made.data, original, options.chosen)
        if options.keep_originals:
            keep_original(found, original, settings.instance_folder, slug, row.file)
    except BadPicture as error:
        return Adoptee(found, reason=error.message)
    except OSError as error:
        return Adoptee(found, reason=f"it cannot be read ({error.strerror})")
    return Adoptee(found, original, None, row, made.data, made.is_first_of_several)


def _count(each: Adoptee, taken: Mapping[str, str], outcome: Outcome) -> None:
    """Count a file that is not taken."""
    census = outcome.census
    if each.known is not None and each.original not in taken:
        rejected = each.known.state == REJECTED
        census.others["rejected before" if rejected else "there already"] += 1
    elif each.known is not None or each.row is not None:
        _count_copy(each, SAME_FILE, taken.get(each.original, ""), census)
    else:
        what, _, detail = each.reason.partition(" (")
        census.refuse(each.found, what, detail.removesuffix(")"))


def _count_copy(each: Adoptee, reason: str, other: str, census: Census) -> None:
    census.leave_out(each.found.label, reason, other, looks_like_picture=False)


def _record(
    recorder: GroupWriter, slug: str, name: str, group: Mapping[str, Adoptee], outcome: Outcome
) -> None:
    """Write files, then rows; count each of the group."""
    rows = [(each.row, each.data) for each in group.values() if each.row is not None]
    others = recorder.record(slug, name, rows)
    for file, each in group.items():
        other = others.get(file)
        if other is None:
            outcome.census.taken += 1
            outcome.labels[slug, file] = each.found.label
            if each.is_first_of_several:
                outcome.animated.append(each.found.label)
        elif other.state == REJECTED:
            outcome.census.others["rejected before"] += 1
        else:
            _count_copy(each, SAME_PICTURE, f"{other.slug}/{other.file}", outcome.census)
