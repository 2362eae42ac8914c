"""Files of pictures that are not live: beside the store, where no address leads.

    instance/rejected/<category>/<file>    the owner threw it out
    instance/off/<category>/<file>         its category is switched off
    instance/set-aside/<category>/<file>   no picture of the index: unreadable, damaged, or a copy

Those of a bucket are in the bucket: `store.files.bucket`. Nothing is ever moved onto a file that is
there, unless both have the same bytes: the newcomer gets a name of its own
(`store.files.protocol.names_of`).
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TypeVar

from store.files.parallel import in_parallel
from store.files.protocol import PictureStore, StoreUnusable, digest, names_of
from store.index.states import LIVE, OFF, REJECTED

_Subject = TypeVar("_Subject")
_Result = TypeVar("_Result")
FOLDERS = {REJECTED: "rejected", OFF: "off"}  # by a picture's state
SET_ASIDE = "set-aside"


class Quarantine:
    """A store and those beside it; all methods raise `StoreUnusable`."""

    def __init__(self, store: PictureStore, instance: Path) -> None:
        self.store = store
        self.beside = {state: store.beside(name, instance) for state, name in FOLDERS.items()}
        self.set_aside = store.beside(SET_ASIDE, instance)
        self.places = {LIVE: store, **self.beside}  # by state

    def find(self, state: str, slug: str, file: str, sha256: str) -> tuple[str, bytes] | None:
        """Return the name and bytes of a picture where its state says, under whatever name."""
        for name in names_of(file, sha256):
            data = self.places[state].read(slug, name)
            if data is not None and digest(data) == sha256:
                return name, data
        return None

    def find_anywhere(
        self, slug: str, file: str, sha256: str, first: str
    ) -> tuple[str, str, bytes] | None:
        """Return the state of the place where a picture lies, its name there and its bytes."""
        for state in (first, *(state for state in self.places if state != first)):
            if found := self.find(state, slug, file, sha256):
                return state, *found
        return None

    def discard(self, state: str, slug: str, files: Iterable[str]) -> int:
        """Set files aside that are no pictures of the index; return how many were there."""
        source = self.places[state]

        def put(file: str) -> bool:
            data = source.read(slug, file)
            if data is None and not source.has(slug, file):
                return False
            own = secrets.token_hex(32) if data is None else digest(data)
            copy(source, self.set_aside, slug, file, data, names_of(file, own))
            self.set_aside.sync(slug)
            source.remove(slug, file)
            return True

        return sum(self.each(put, files))

    def each(
        self, act: Callable[[_Subject], _Result], subjects: Iterable[_Subject]
    ) -> list[_Result]:
        """Return ``act`` of each, in order: as many at a time as the store is good for."""
        return list(in_parallel(act, subjects, self.store.at_once))


def copy(
    source: PictureStore,
    target: PictureStore,
    slug: str,
    file: str,
    data: bytes | None,
    names: Iterable[str],
    taken: Collection[str] = (),
    into: str = "",
) -> str:
    """Put a picture into a store beside its own, under the first free name; return that.

    ``data``: its bytes, None where they cannot be read; ``taken``: names that belong to other
    pictures; ``into``: another category. Raises `StoreUnusable`.
    """
    for name in names:
        if name not in taken and source.copy_to(target, slug, file, name, data, into):
            return name
    raise StoreUnusable(
        f"{target.place}/{into or slug} has no name left for {file}", "rename what lies there"
    )
