"""The engine on many machines: Ray's actors make jobs, this process writes and indexes them.

Ray runs a job again when the machine that had it dies, so a job may come back twice: the first
result of a key counts. This process alone writes, so a picture is in store and index once, as
with the local engine, and with the same bytes: jobs are made of the plan's own batches.

At most two jobs per maker are out at a time, one of them waiting for its turn. A maker whose
machine is gone keeps its two until Ray has found it another place; when all others are done,
and it takes too long, they are handed to somebody else.
"""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.errors import NonesuchError
from pregen.engines.jobs import Job, jobs_of
from pregen.engines.ray_cluster import NoRay, connected, room
from pregen.engines.ray_maker import Maker, Result, pack
from pregen.engines.recording import Recorder
from pregen.planning.batches import Candidates, SeedBatch
from pregen.planning.request import Request
from sources.spec.description import Model
from store.formats.encoding import Format

JOBS_OUT = 2  # per maker
START_S = 180.0  # until the first maker has loaded its model
LOOK_AGAIN_S = 10.0  # for machines that came
PATIENCE_S = 10.0  # a job that takes longer, and longer than four others, is given to another too
SILENCE_S = 60.0  # without any result; then one is told


class MakerFailed(NonesuchError):
    """A machine could not load the model, or make pictures with it."""


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Put Ctrl-C off until the end: a transaction that it broke would keep its lock."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
    if came:
        raise KeyboardInterrupt


@dataclass
class Sent:
    """A job that is out."""

    job: Job
    maker: int
    since: float


class Makers:
    """The actors of one run; more of them as machines come."""

    def __init__(self, ray: Any, model: Model, parcel: Any, threads: int | None) -> None:
        self.ray, self.model, self._threads = ray, model, threads
        self._parcel = ray.put(parcel)
        self.actors: list[Any] = []
        self._looked = 0.0
        self.look()
        self.batch = self._first_batch()

    def look(self) -> None:
        """Start makers where there is room for more."""
        now = time.monotonic()
        if self.actors and now - self._looked < LOOK_AGAIN_S:
            return
        self._looked = now
        try:
            count, asked, threads = room(self.ray.nodes(), self.model, self._threads)
        except NoRay:
            if not self.actors:
                raise
            return  # all machines are gone: others may come
        remote = self.ray.remote(Maker).options(max_restarts=-1, max_task_retries=-1, **asked)
        while len(self.actors) < count:
            self.actors.append(remote.remote(self._parcel, threads))

    def _first_batch(self) -> int:
        ready, _ = self.ray.wait([actor.batch.remote() for actor in self.actors], timeout=START_S)
        if not ready:
            raise NoRay(
                f"no machine of the cluster took the work within {START_S:.0f} s",
                "see what it is busy with: ray status",
            )
        return int(self.get(ready[0]))

    def get(self, reference: Any) -> Any:
        """Return a result. Raises what was raised there, `MakerFailed`."""
        try:
            return self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, NonesuchError):
                raise cause from error
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise MakerFailed(
                f"a machine could not make pictures ({lines[-1].strip() if lines else error})",
                "see that it has this Python and these packages: requirements-ray.txt",
            ) from error


@contextmanager
def ray_makers(
    model: Model, address: str, threads: int | None, cpus: int, *, check_range: bool = False
) -> Iterator[Makers]:
    """Yield generators on the machines of a cluster, or of one started here. Raises `NoRay`."""
    parcel = pack(model, check_range=check_range)
    size = sum(len(data) for data in parcel.files.values())
    with connected(address, cpus, size) as ray:
        yield Makers(ray, model, parcel, threads)


class RayEngine:
    """Has the batches of a plan made by makers, and records what comes back."""

    def __init__(
        self,
        makers: Makers,
        recorder: Recorder,
        chosen: Format,
        request: Request,
        on_recorded: Callable[[int, str], None],
        echo: Callable[[str], None],
    ) -> None:
        self._makers, self._recorder, self._on_recorded = makers, recorder, on_recorded
        self._format, self._request, self._echo = chosen, request, echo
        self._out: dict[Any, Sent] = {}  # reference → job
        self._load: Counter[int] = Counter()  # of makers
        self._done: set[tuple[str, int]] = set()
        self._slowest_s = 0.0

    def run(self, batches: Iterable[SeedBatch | Candidates]) -> None:
        """Make all batches. On KeyboardInterrupt what has come back is written, then it rises."""
        jobs = jobs_of(batches)
        following = next(jobs, None)
        heard = time.monotonic()
        try:
            while following is not None or self._lacking():
                self._makers.look()
                while following is not None and (maker := self._idlest(JOBS_OUT)) is not None:
                    self._send(following, maker)
                    following = next(jobs, None)
                if following is None:
                    self._hand_over()
                if self._take(1.0):
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENCE_S:
                    heard = time.monotonic()
                    self._echo("no machine has answered for a minute: waiting; Ctrl-C stops")
        except KeyboardInterrupt:
            while self._take(0):
                pass
            raise

    def _lacking(self) -> list[Sent]:
        """Return what is out and not done, oldest first."""
        return [sent for sent in self._out.values() if sent.job.key not in self._done]

    def _idlest(self, below: int) -> int | None:
        """Return the maker with the fewest jobs, if these are fewer than ``below``."""
        maker = min(range(len(self._makers.actors)), key=lambda each: self._load[each])
        return maker if self._load[maker] < below else None

    def _send(self, job: Job, maker: int) -> None:
        actor = self._makers.actors[maker]
        truncations = self._request.truncations_of(self._makers.model, job.category)
        reference = actor.make.remote(job, self._format, truncations)
        self._out[reference] = Sent(job, maker, time.monotonic())
        self._load[maker] += 1

    def _hand_over(self) -> None:
        """Give a job that takes too long to somebody who has nothing to do."""
        patience = max(PATIENCE_S, 4 * self._slowest_s)
        now = time.monotonic()
        copies = Counter(sent.job.key for sent in self._out.values())
        for sent in self._lacking():
            maker = self._idlest(1)
            if maker is None:
                return
            if now - sent.since > patience and copies[sent.job.key] == 1:
                self._send(sent.job, maker)

    def _take(self, wait_s: float) -> bool:
        """Record one result, the first that comes; say whether there was any."""
        if not self._out:
            return False
        ready, _ = self._makers.ray.wait(list(self._out), num_returns=1, timeout=wait_s)
        for reference in ready:
            sent = self._out.pop(reference)
            self._load[sent.maker] -= 1
            result: Result = self._makers.get(reference)
            self._slowest_s = max(self._slowest_s, time.monotonic() - sent.since)
            if result.key not in self._done:
                with interrupts_held():
                    self._recorder.record(sent.job.category, result.made)
                    self._done.add(result.key)
                    self._on_recorded(len(result.made), result.place)
        return bool(ready)
