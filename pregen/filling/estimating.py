"""What a run of pregen would take, from some of its batches made as the run makes them.

They go through the same engine, with the same encoders, hashes, curator and commits, into a store
and an index of their own, which are thrown away: files and commits in a temporary folder cost what
they do in the store, where that is a folder.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.cpu import usable_cores
from core.settings import Settings
from pregen.engines.chooser import Chooser
from pregen.engines.local import LocalEngine
from pregen.engines.recording import Recorder
from pregen.planning.batches import Candidates, SeedBatch
from pregen.planning.plan import Plan
from pregen.planning.request import Request
from sources.curators.curator import read_curator
from sources.runtimes.source import Source
from sources.spec.description import Model
from store.files.folder import PictureFolder
from store.formats.encoding import Format
from store.index.database import open_engine
from store.index.migrating import upgrade

TRIAL_S = 2.0  # about as long is measured, where a batch takes less
LONG_S = 10.0  # beside so long a time, warming up is nothing


@dataclass(frozen=True)
class Estimate:
    """What a run would take."""

    pictures: int
    present: int
    bytes: int
    seconds: float


def estimate(
    settings: Settings,
    model: Model,
    request: Request,
    plan: Plan,
    sources: Sequence[Source],
    chosen: Format,
) -> Estimate:
    """Make some batches of ``plan``, keep nothing, and extrapolate.

    The first ones warm up, and are all where they take long by themselves. Raises `NoCurator`
    where the request needs one.
    """
    if not plan.batches:
        return Estimate(0, plan.present, 0, 0.0)
    batches = list(plan.batches)
    with tempfile.TemporaryDirectory(prefix="pregen-") as name:
        trial = _Trial(settings, model, request, sources, chosen, Path(name))
        first = batches[: len(sources)]
        warm = trial.run(first, "warm")
        if warm.seconds > LONG_S:
            some, found = first, warm
        else:
            number = max(len(first), round(TRIAL_S / (warm.seconds / len(first))))
            number = min(number, len(batches))
            # spread over the plan, so that every category counts
            some = [batches[i * len(batches) // number] for i in range(number)]
            found = trial.run(some, "timed")
    if plan.has_candidates and found.pictures:  # rounds go on until as many are good enough
        share = found.pictures / plan.missing
    else:
        share = _calls(some) / _calls(batches)
    each = found.bytes / found.pictures if found.pictures else 0.0
    return Estimate(plan.missing, plan.present, int(each * plan.missing), found.seconds / share)


def _calls(batches: Sequence[SeedBatch | Candidates]) -> int:
    """Return how many pictures the generator makes for them."""
    return sum(len(batch.seeds) for batch in batches)


@dataclass(frozen=True)
class _Found:
    seconds: float
    pictures: int
    bytes: int


@dataclass(frozen=True)
class _Trial:
    """Runs into stores of their own."""

    settings: Settings
    model: Model
    request: Request
    sources: Sequence[Source]
    chosen: Format
    folder: Path

    def run(self, batches: Sequence[SeedBatch | Candidates], name: str) -> _Found:
        """Make batches into a fresh store and index."""
        folder = self.folder / name
        settings = replace(
            self.settings, images_folder=folder / "images", instance_folder=folder / "instance",
            database_url="", store_url="",
        )  # fmt: skip
        folder.mkdir()
        settings.instance_folder.mkdir()
        index = open_engine(settings, write=True)
        upgrade(index)
        store = PictureFolder(settings.images_folder)
        store.prepare({batch.category.slug for batch in batches}, 0)
        counted: list[int] = []
        chooser = None
        if any(isinstance(batch, Candidates) for batch in batches):
            chooser = Chooser(read_curator(self.model, usable_cores()), lambda _: ())
        recorder = Recorder(index, store, settings.instance_folder)
        engine = LocalEngine(
            self.sources, recorder, self.chosen, self.request, counted.append, chooser
        )
        started = time.perf_counter()
        engine.run(batches)
        seconds = time.perf_counter() - started
        index.dispose()
        sizes = [path.stat().st_size for path in settings.images_folder.glob("*/*.*")]
        return _Found(seconds, sum(counted), sum(sizes))
