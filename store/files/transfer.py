"""Pictures from one store into another: those that are missing, read back and compared.

Live ones, rejected ones and those of categories that are off. The index is not touched: it names
pictures by category and file, which stay.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from core.errors import NonesuchError
from store.files.protocol import MADE_FILE, PictureStore, StoreUnusable, digest
from store.files.quarantine import FOLDERS

GROUP = 64  # pictures that are read, written and read back at a time


class NothingToCopy(NonesuchError):
    """A store without pictures, perhaps another than was meant."""


@dataclass(frozen=True)
class CopyBatch:
    """Pictures of one category that the target lacks, or may have otherwise."""

    source: PictureStore
    target: PictureStore
    category: str
    files: tuple[str, ...]
    there: frozenset[str]  # of these, what the target has under the same names
    bytes: int


@dataclass
class Transfer:
    """What is to be done, or was."""

    batches: list[CopyBatch] = field(default_factory=list)
    present: int = 0
    copied: int = 0
    damaged: list[str] = field(default_factory=list)  # not copied, one line each

    @property
    def pictures(self) -> int:
        return sum(len(batch.files) for batch in self.batches)

    @property
    def bytes(self) -> int:
        return sum(batch.bytes for batch in self.batches)


def plan_transfer(
    source: PictureStore, target: PictureStore, instance: Path, *, check: bool
) -> Transfer:
    """Compare two stores by their lists. Raises `NothingToCopy`, `StoreUnusable`.

    A picture that was made here and is there in the same size is taken for the same, since its
    name says what it holds; others are compared, and with ``check`` all.
    """
    transfer = Transfer()
    pairs = [(source, target)]
    pairs += [
        (source.beside(name, instance), target.beside(name, instance)) for name in FOLDERS.values()
    ]
    for one, other in pairs:
        for category in one.categories():
            sizes, there = one.sizes_of(category), other.sizes_of(category)
            wanted = []
            for file, size in sizes.items():
                if there.get(file) == size and MADE_FILE.fullmatch(file) and not check:
                    transfer.present += 1
                else:
                    wanted.append(file)
            files = iter(wanted)
            while group := tuple(islice(files, GROUP)):
                amount = sum(sizes[file] for file in group)
                known = frozenset(there).intersection(group)
                transfer.batches.append(CopyBatch(one, other, category, group, known, amount))
    if not transfer.batches and not transfer.present:
        raise NothingToCopy(
            f"there are no pictures in {source.place}", "the first word is where they come from"
        )
    return transfer


def carry_out(transfer: Transfer, floor_bytes: int, on_done: Callable[[int], object]) -> None:
    """Copy; ``floor_bytes`` of a disk stay free, ``on_done`` is told of pictures that are there.

    Whatever happens, running again continues. Raises `StoreUnusable`.
    """
    prepared: dict[str, set[str]] = {}
    targets: dict[str, PictureStore] = {}
    for batch in transfer.batches:
        targets[batch.target.place] = batch.target
        prepared.setdefault(batch.target.place, set()).add(batch.category)
    for place, categories in prepared.items():
        targets[place].prepare(sorted(categories), transfer.bytes + floor_bytes)
    for batch in transfer.batches:
        found = dict(_whole(batch, transfer))
        there = dict(batch.target.read_all(batch.category, sorted(batch.there)))
        lacking = {file: data for file, data in found.items() if there.get(file) != data}
        batch.target.put_all(batch.category, lacking)
        for file, data in batch.target.read_all(batch.category, lacking):
            if data != lacking[file]:
                raise StoreUnusable(
                    f"{batch.target.place}/{batch.category}/{file} is not what was written",
                    "check that disk or server, then run the same command again",
                )
        transfer.copied += len(lacking)
        transfer.present += len(found) - len(lacking)
        on_done(len(batch.files))


def _whole(batch: CopyBatch, transfer: Transfer) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures of a batch that hold what their names say."""
    for file, data in batch.source.read_all(batch.category, batch.files):
        name = MADE_FILE.fullmatch(file)
        if data is None:
            reason = "it is gone, or cannot be read"
        elif name and digest(data)[:12] != name["hash"]:
            reason = "its content is not what its name says"
        else:
            yield file, data
            continue
        transfer.damaged.append(f"{batch.source.place}/{batch.category}/{file}: {reason}")
