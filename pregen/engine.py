"""The local engine: the generator never waits while there is room.

One thread generates, a few encode and hash, one writes and commits, in the order of the plan.
Queues are bounded, so memory is flat; the first error of any thread stops all and is raised.
"""

import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pregen.choosing import Chooser
from pregen.making import Made, make
from pregen.plan import Batch, Candidates
from pregen.recording import Recorder
from pregen.request import Request
from sources.description import ModelCategory
from sources.latents import draw
from sources.source import Source
from store.encoding import Format

BATCHES_AHEAD = 16  # generated but not yet written
# the generator's own threads fill the cores; more encoders than this only get in their way
ENCODERS = max(1, (os.cpu_count() or 1) // 2)
GROUP = 64  # pictures per commit: a commit and its folder's fsync cost about 1.3 ms


class BatchEngine(Protocol):
    """What makes the batches of a plan."""

    def run(self, batches: Iterable[Batch | Candidates]) -> None:
        """Make all batches; on KeyboardInterrupt what is made is stored first."""
        ...


@dataclass(frozen=True)
class Work:
    """One batch on its way through the encoders."""

    category: ModelCategory
    pictures: list[Future[Made]]


class LocalEngine:
    """Generates, encodes, writes and indexes the batches of a plan on this machine."""

    def __init__(
        self,
        source: Source,
        recorder: Recorder,
        chosen: Format,
        request: Request,
        on_recorded: Callable[[int], None],
        chooser: Chooser | None = None,
    ) -> None:
        """``chooser``: needed where a plan has candidates."""
        self._source, self._recorder, self._format = source, recorder, chosen
        self._request, self._on_recorded = request, on_recorded
        self._chooser = chooser
        self._failure: BaseException | None = None

    def run(self, batches: Iterable[Batch | Candidates]) -> None:
        """Make all batches. On KeyboardInterrupt what is generated is written, then it rises."""
        pending: queue.Queue[Work | None] = queue.Queue(BATCHES_AHEAD)
        writer = threading.Thread(target=self._write, args=(pending,), name="writer")
        with ThreadPoolExecutor(ENCODERS, "encoder") as encoders:
            writer.start()
            try:
                for batch in batches:
                    if self._failure is not None:
                        break
                    pending.put(self._generate(batch, encoders))
            finally:
                pending.put(None)
                writer.join()
        if self._failure is not None:
            raise self._failure

    def _generate(self, batch: Batch | Candidates, encoders: ThreadPoolExecutor) -> Work:
        model = self._source.model
        draws, parts = [], []
        truncations = self._request.truncations_of(model, batch.category)
        for seeds in batch.calls:
            drawn = [draw(model, seed, truncations) for seed in seeds]
            parts.append(self._source.generate(batch.category.label, drawn))
            draws += drawn
        pictures = parts[0] if len(parts) == 1 else np.concatenate(parts)
        jobs = [
            encoders.submit(make, pictures[i], draws[i], model, batch.category.slug, self._format)
            for i in self._wanted(batch, pictures)
        ]
        return Work(batch.category, jobs)

    def _wanted(self, batch: Batch | Candidates, pictures: np.ndarray) -> list[int]:
        """Return the places of the pictures that are to be stored."""
        if isinstance(batch, Batch):
            return [i for i, seed in enumerate(batch.seeds) if seed in batch.wanted]
        assert self._chooser is not None
        chosen = self._chooser.choose(batch.category.slug, pictures, batch.count)
        if not chosen:
            self._chooser.barren.add(batch.seeds[0])
        return chosen

    def _write(self, pending: "queue.Queue[Work | None]") -> None:
        works = iter(pending.get, None)
        try:
            for category, made in grouped(works):
                self._recorder.record(category, made)
                self._on_recorded(len(made))
        except BaseException as error:
            self._failure = error
            for _ in works:  # the generator must not block on a full queue
                pass


def grouped(works: Iterable[Work]) -> Iterator[tuple[ModelCategory, list[Made]]]:
    """Yield groups of one category, at most about `GROUP` pictures, in order."""
    category: ModelCategory | None = None
    group: list[Made] = []
    for work in works:
        if group and category is not None and (work.category != category or len(group) >= GROUP):
            yield category, group
            group = []
        category = work.category
        group.extend(job.result() for job in work.pictures)
    if group and category is not None:
        yield category, group
