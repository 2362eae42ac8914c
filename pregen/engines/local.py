"""The local engine: the generators never wait while there is room.

A few threads each generate a batch, then encode and hash it; one writes and commits, in the order
of the plan. Queues are bounded, so memory is flat; the first error of any thread stops all and is
raised, after what is already made has been stored.
"""

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pregen.engines.chooser import Chooser
from pregen.engines.making import Made, make
from pregen.engines.recording import Recorder
from pregen.planning.batches import Candidates, SeedBatch
from pregen.planning.request import Request
from sources.runtimes.latents import Draw
from sources.runtimes.source import Source
from sources.spec.description import ModelCategory
from store.formats.encoding import Format

BATCHES_AHEAD = 16  # begun but not yet written
# beside a single source, whose own threads fill the cores: more than this get in their way
ENCODERS = max(1, (os.cpu_count() or 1) // 2)
GROUP = 64  # pictures per commit: a commit and its folder's fsync cost about 1.3 ms


class BatchEngine(Protocol):
    """What makes the batches of a plan."""

    def run(self, batches: Iterable[SeedBatch | Candidates]) -> None:
        """Make all batches; on KeyboardInterrupt what is made is stored first."""
        ...


@dataclass(frozen=True)
class Work:
    """One batch on its way: its pictures as far as they are to be stored."""

    category: ModelCategory
    made: Future[list[Made]]
    chosen: bool = False  # beside what is kept of the candidates before: not without these


@dataclass(frozen=True)
class Generated:
    """What a batch's calls made: uint8 [N, H, W, 3 or 4], and from which draws."""

    pictures: np.ndarray
    draws: list[Draw]


class LocalEngine:
    """Generates, encodes, writes and indexes the batches of a plan on this machine."""

    def __init__(
        self,
        sources: Sequence[Source],
        recorder: Recorder,
        chosen: Format,
        request: Request,
        on_recorded: Callable[[int], None],
        chooser: Chooser | None = None,
    ) -> None:
        """``sources``: of one model, called side by side; see `sources.registry.open_sources`.

        ``chooser``: needed where a plan has candidates.
        """
        self._model = sources[0].model
        self._free: queue.SimpleQueue[Source] = queue.SimpleQueue()
        for source in sources:
            self._free.put(source)
        self._ahead = len(sources)  # candidates generated before they are chosen from
        self._threads = max(len(sources), 1 + ENCODERS)
        self._recorder, self._format = recorder, chosen
        self._request, self._on_recorded = request, on_recorded
        self._chooser = chooser
        self._failure: BaseException | None = None

    def run(self, batches: Iterable[SeedBatch | Candidates]) -> None:
        """Make all batches. On KeyboardInterrupt what was begun is written, then it rises."""
        pending: queue.Queue[Work | None] = queue.Queue(BATCHES_AHEAD)
        writer = threading.Thread(target=self._write, args=(pending,), name="writer")
        with ThreadPoolExecutor(self._threads, "maker") as makers:
            writer.start()
            try:
                for work in self._works(batches, makers):
                    if self._failure is not None:
                        break
                    pending.put(work)
            finally:
                pending.put(None)
                writer.join()
        if self._failure is not None:
            raise self._failure

    def _works(
        self, batches: Iterable[SeedBatch | Candidates], makers: ThreadPoolExecutor
    ) -> Iterator[Work]:
        """Begin one batch after the other; candidates are chosen from here, in order."""
        generated: deque[tuple[Candidates, Future[Generated]]] = deque()
        for batch in batches:
            if isinstance(batch, SeedBatch):
                yield Work(batch.category, makers.submit(self._make_batch, batch))
                continue
            generated.append((batch, makers.submit(self._generate, batch)))
            if len(generated) > self._ahead:
                yield self._choose(*generated.popleft(), makers)
        while generated:
            yield self._choose(*generated.popleft(), makers)

    def _generate(self, batch: SeedBatch | Candidates) -> Generated:
        truncations = self._request.truncations_of(self._model, batch.category)
        calls = batch.drawn(self._model, truncations)
        source = self._free.get()
        try:
            parts = [source.generate(batch.category.label, drawn) for drawn in calls]
        finally:
            self._free.put(source)
        pictures = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return Generated(pictures, [each for drawn in calls for each in drawn])

    def _make_batch(self, batch: SeedBatch) -> list[Made]:
        generated = self._generate(batch)
        wanted = [i for i, seed in enumerate(batch.seeds) if seed in batch.wanted]
        return self._make(batch.category, generated, wanted, batch.nearest)

    def _make(
        self,
        category: ModelCategory,
        found: Generated,
        places: list[int],
        nearest: Mapping[int, tuple[str, ...]],
    ) -> list[Made]:
        return [
            make(
                found.pictures[i], found.draws[i], self._model, category.slug, self._format,
                nearest.get(found.draws[i].seed, ()),
            )
            for i in places
        ]  # fmt: skip

    def _choose(
        self, batch: Candidates, generated: Future[Generated], makers: ThreadPoolExecutor
    ) -> Work:
        assert self._chooser is not None
        found = generated.result()
        places = self._chooser.choose(batch.category.slug, found.pictures, batch.count)
        if not places:
            self._chooser.barren.add(batch.seeds[0])
        nearest = {found.draws[i].seed: near for i, near in places.items()}
        made = makers.submit(self._make, batch.category, found, list(places), nearest)
        return Work(batch.category, made, chosen=True)

    def _write(self, pending: "queue.Queue[Work | None]") -> None:
        works = iter(pending.get, None)
        try:
            for category, made in grouped(self._made(works)):
                self._recorder.record(category, made)
                self._on_recorded(len(made))
        except BaseException as error:
            self._failure = self._failure or error
            for work in works:  # the generator must not block on a full queue
                work.made.cancel()

    def _made(self, works: Iterable[Work]) -> Iterator[tuple[ModelCategory, list[Made]]]:
        """Yield what was made, in order; after a failure what was under way when it was seen."""
        for work in works:
            if self._failure is not None:
                work.made.cancel()
                if work.chosen:
                    continue
            try:
                made = work.made.result()
            except CancelledError:
                continue
            except BaseException as error:
                self._failure = self._failure or error
                continue
            yield work.category, made


def grouped(
    batches: Iterable[tuple[ModelCategory, list[Made]]],
) -> Iterator[tuple[ModelCategory, list[Made]]]:
    """Yield groups of one category, at most about `GROUP` pictures, in order."""
    category: ModelCategory | None = None
    group: list[Made] = []
    for of, made in batches:
        if group and category is not None and (of != category or len(group) >= GROUP):
            yield category, group
            group = []
        category = of
        group.extend(made)
    if group and category is not None:
        yield category, group
