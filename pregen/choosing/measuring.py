"""Candidates of a model, drawn and measured: what `flask models choose` judges.

A category's candidates are numbered; number k always has the same seed and truncation. They are
measured in chunks, and a chunk is a file in the project's home: features by the curator's network,
flaws, a perceptual hash. What is measured depends on weights and call alone, so a chunk serves
every model that has these, whatever its categories are called. A killed run loses the chunks it
was in.
"""

import hashlib
import io
import os
import signal
import threading
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, fields
from itertools import groupby, islice
from multiprocessing import get_context, parent_process
from pathlib import Path

import numpy as np
from PIL import Image

from core.errors import NonesuchError
from core.files import write_durably
from pregen.planning.batches import in_sizes, seed_of
from sources.curators.curator import FOLDER, NETWORK, Features, on_white
from sources.curators.flaws import Flaws, flaws_of
from sources.runtimes.latents import Draw, draw, truncation_drawn
from sources.spec.description import LITERT, Model, call_of
from store.formats.encoding import perceptual_hash

CHUNK = 250  # candidates: some seconds of one core
FIRST = 500_000  # number of the first candidate's seed; the seeds that pregen draws come before
MOST = 500_000
LOWEST = 0.3  # of the highest truncation: below, pictures are the network's average
EDITION = 1  # of what is measured, and how
THUMB_PX = 8
KEPT = "candidates"  # folder in the project's home


class MeasuringFailed(NonesuchError):
    """Candidates that could not be measured, or read again."""


@dataclass(frozen=True)
class Measured:
    """Candidates of one category."""

    seeds: np.ndarray  # uint32 [N]
    truncations: np.ndarray  # float32 [N]
    features: np.ndarray  # float16 [N, D]: of the curator's network
    hashes: np.ndarray  # uint64 [N]: perceptual
    thumbs: np.ndarray  # uint8 [N, 8, 8, 3]
    flaws: Flaws

    def __len__(self) -> int:
        return len(self.seeds)


@dataclass(frozen=True)
class Chunk:
    """Some candidates of one category, and where their measurements lie."""

    label: int
    number: int
    path: Path


class Measuring:
    """The measured candidates of a model, on disk."""

    def __init__(self, model: Model, home: Path, run_seed: int = 0) -> None:
        self._model, self._run_seed = model, run_seed
        self.folder = home / KEPT / key_of(model, run_seed)

    def missing(self, labels: Sequence[int], count: int) -> list[Chunk]:
        """Return the chunks that are not measured yet, the first of every category first."""
        numbers = range(-(-count // CHUNK))
        chunks = (Chunk(label, k, self._path(label, k)) for k in numbers for label in labels)
        return [chunk for chunk in chunks if not chunk.path.is_file()]

    def measure(self, chunks: Sequence[Chunk], processes: int) -> Generator[Chunk, None, None]:
        """Measure chunks and yield each when it is on disk. Raises `MeasuringFailed`, OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        pool = ProcessPoolExecutor(
            processes, get_context("spawn"), _open, (self._model, self._run_seed)
        )
        waiting = iter(chunks)
        try:
            running = {pool.submit(_measure, each) for each in islice(waiting, 2 * processes)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(_measure, each) for each in islice(waiting, len(done))}
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise MeasuringFailed(
                "a process that measured candidates was killed",
                "what was measured is kept: run the same command again to continue",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)

    def read(self, label: int, count: int) -> Measured:
        """Return the first ``count`` candidates of a category. Raises `MeasuringFailed`."""
        parts = [_read(self._path(label, k)) for k in range(-(-count // CHUNK))]
        joined = {name: np.concatenate([p[name] for p in parts])[:count] for name in parts[0]}
        flaws = Flaws(**{field.name: joined.pop(field.name) for field in fields(Flaws)})
        return Measured(**joined, flaws=flaws)

    def _path(self, label: int, number: int) -> Path:
        return self.folder / f"{label:04}-{number:04}.npz"


def range_of(model: Model) -> tuple[float, float]:
    """Return the range that candidates' truncations are drawn from."""
    highest = model.truncation.highest
    return max(model.truncation.lowest, round(LOWEST * highest, 2)), highest


def key_of(model: Model, run_seed: int) -> str:
    """Return what measurements depend upon, as 16 hexadecimal digits."""
    digest = hashlib.sha256(generator_digest(model).encode())
    digest.update((model.folder / FOLDER / NETWORK).read_bytes())
    digest.update(repr((EDITION, run_seed, range_of(model))).encode())
    return digest.hexdigest()[:16]


def generator_digest(model: Model) -> str:
    """Return the digest of weights and call alone."""
    if model.runtime != LITERT:
        return model.digest
    digest = hashlib.sha256(bytes.fromhex(model.litert_sha256))
    digest.update(call_of(model.inputs, model.output))
    return digest.hexdigest()


_measure_here: Callable[[Chunk], dict[str, np.ndarray]] | None = None  # in a process of the pool


def _open(model: Model, run_seed: int) -> None:
    """Load generator and network, once for a process."""
    global _measure_here
    # Ctrl-C is for the parent, which lets what was begun be finished; without it there is no work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from sources.registry import open_source

    source = open_source(model, 1)
    network = Features(model.folder / FOLDER / NETWORK, 1)
    truncations = range_of(model)

    def measure(chunk: Chunk) -> dict[str, np.ndarray]:
        numbers = range(FIRST + chunk.number * CHUNK, FIRST + (chunk.number + 1) * CHUNK)
        seeds = [seed_of(run_seed, chunk.label, number) for number in numbers]
        if model.is_scalar:
            seeds.sort(key=lambda seed: truncation_drawn(seed, truncations))
        draws = [draw(model, seed, truncations) for seed in seeds]
        calls = [source.generate(chunk.label, call) for call in _calls(model, draws, source.batch)]
        pictures = on_white(np.concatenate(calls))
        images = [Image.fromarray(picture) for picture in pictures]
        return vars(flaws_of(pictures)) | {
            "seeds": np.array(seeds, np.uint32),
            "truncations": np.array([each.truncation for each in draws], np.float32),
            "features": network.of(pictures).astype(np.float16),
            "hashes": np.array([int(perceptual_hash(image), 16) for image in images], np.uint64),
            "thumbs": np.stack([_thumb(image) for image in images]),
        }

    _measure_here = measure


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _calls(model: Model, draws: list[Draw], batch: int) -> Iterator[list[Draw]]:
    if not model.is_scalar:
        for start in range(0, len(draws), batch):
            yield draws[start : start + batch]
        return
    for _, alike in groupby(draws, key=lambda each: each.truncation):
        yield from map(list, in_sizes(list(alike), batch))


def _thumb(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((THUMB_PX, THUMB_PX), Image.Resampling.BOX))


def _measure(chunk: Chunk) -> Chunk:
    assert _measure_here is not None
    columns = _measure_here(chunk)
    file = io.BytesIO()
    np.savez_compressed(file, **columns)  # type: ignore[arg-type]
    write_durably(chunk.path, file.getvalue())
    return chunk


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise MeasuringFailed(
            f"{path} cannot be read ({error})", "delete it and run the same command again"
        ) from error
