"""Files of pictures that are not live: beside the store, where no address leads.

    instance/rejected/<category>/<file>    the owner threw it out
    instance/off/<category>/<file>         its category is switched off

Those of a bucket are in the bucket: `store.bucket`. Rows decide, files follow. What is taken out is
moved after its row is committed; what comes back is put into the store before, and its copy here
removed afterwards. A crash between leaves a file too many, never one too few, and doing the same
again mends it.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from store.parallel import in_parallel
from store.pictures import PictureStore
from store.states import OFF, REJECTED

_Subject = TypeVar("_Subject")
_Result = TypeVar("_Result")
FOLDERS = {REJECTED: "rejected", OFF: "off"}  # by a picture's state


class Aside:
    """The rejected and the switched-off pictures, beside a store; all raise `StoreUnusable`."""

    def __init__(self, store: PictureStore, instance: Path) -> None:
        self.store = store
        self.beside = {state: store.beside(name, instance) for state, name in FOLDERS.items()}

    def take(self, state: str, slug: str, file: str) -> None:
        """Move a file out of the store, if it is still there."""
        self.store.move_to(self.beside[state], slug, file)

    def bring(self, state: str, slug: str, file: str) -> bool:
        """Put a file into the store again and keep it here too; False: there is none anywhere."""
        return self.store.has(slug, file) or self.beside[state].copy_to(self.store, slug, file)

    def drop(self, state: str, slug: str, file: str) -> None:
        """Remove a file from here, if the store has it."""
        if self.store.has(slug, file):
            self.beside[state].remove(slug, file)

    def each(
        self, act: Callable[[_Subject], _Result], subjects: Iterable[_Subject]
    ) -> list[_Result]:
        """Return ``act`` of each, in order: as many at a time as the store is good for."""
        return list(in_parallel(act, subjects, self.store.at_once))

    def sync(self, slug: str) -> None:
        """Make what was brought into a category durable."""
        self.store.sync(slug)
