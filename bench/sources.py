"""Pictures per second of every kind of source ÷ the notebook's plain loop with the same module.

    python -m bench.sources [--model emoji] [--biggan FOLDER|HANDLE] [--pictures 256] [--rounds 5]
                            [--served]

- notebook's loop: what BigGAN's notebook does, in TensorFlow 2: load the module, then for each
  batch of 8 noise of scipy, one-hot labels, a call, clip and uint8
- LiteRT, SavedModel: `Source.generate` on the seeds of pregen, in its batches
- TF1 Hub module: the same on a module in BigGAN's format; without --biggan a tiny one that is
  made for this, which shows what the seam costs, not what BigGAN does
- REST, gRPC (--served): the SavedModel behind the tests' stand-in for TensorFlow Serving, in a
  process of its own on this machine, so it shows what the way there and back costs

All in one process and with the same threads, rounds alternating; figures are medians over rounds
and the ratio is taken round by round. Nothing is encoded or stored: bench.pregen measures that.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import click
import numpy as np

from bench.table import machine, markdown, note, versions
from core.cpu import usable_cores
from core.settings import PROJECT, read_settings
from pregen.planning.batches import SeedBatch
from pregen.planning.plan import make_plan
from pregen.planning.request import Request, check_request
from sources.biggan.handles import Caches
from sources.registry import find_model, open_source
from sources.runtimes.source import Source
from sources.spec.description import Model
from sources.spec.inputs import Input
from store.files.folder import PictureFolder
from store.index.database import empty_engine
from store.index.migrating import upgrade

BATCH = 8  # the notebook's


def plan_of(model: Model, request: Request, batch: int) -> list[SeedBatch]:
    """Return the batches of a run over an empty store, as pregen makes them."""
    engine = empty_engine()
    upgrade(engine)
    with tempfile.TemporaryDirectory() as nothing, engine.connect() as connection:
        plan = make_plan(connection, PictureFolder(Path(nothing)), model, request, batch)
    # without --oversample there are no candidates
    return [each for each in plan.batches if isinstance(each, SeedBatch)]


def through(source: Source, batches: Sequence[SeedBatch], request: Request) -> int:
    made = 0
    for batch in batches:
        truncations = request.truncations_of(source.model, batch.category)
        (draws,) = batch.drawn(source.model, truncations)
        made += len(source.generate(batch.category.label, draws))
    return made


def notebook_loop(model: Model, request: Request) -> Callable[[], int]:
    """Return the notebook's loop over a model's SavedModel, with its truncation constant."""
    import tensorflow as tf
    from scipy.stats import truncnorm

    assert model.saved_model is not None
    loaded = tf.saved_model.load(str(model.folder))
    call = loaded.signatures[model.saved_model.signature]
    truncation = (request.truncations or model.truncation.default)[0]

    def noise(seed: int, width: int) -> np.ndarray:
        state = np.random.RandomState(seed)
        drawn: np.ndarray = truncnorm.rvs(-2, 2, size=(BATCH, width), random_state=state)
        return truncation * drawn

    def values(given: Input, label: int, seed: int) -> np.ndarray:
        if given.kind == "latent":
            return noise(seed, given.width)
        if given.kind == "truncation":
            shape = () if given.shape == "scalar" else (BATCH,)
            return np.full(shape, truncation)
        index = label if given.kind == "category" else given.among[seed % len(given.among)]
        return np.eye(given.width)[[index] * BATCH]

    def loop() -> int:
        made = 0
        pictures: list[np.ndarray] = []
        for category in request.categories:
            for start in range(0, request.samples, BATCH):
                feed = {
                    given.name: tf.constant(values(given, category.label, start), tf.float32)
                    for given in model.inputs
                }
                floats = call(**feed)[model.output.name].numpy()
                pictures.append(np.clip((floats + 1) / 2.0 * 256, 0, 255).astype(np.uint8))
                made += len(pictures[-1])
        np.concatenate(pictures)  # the notebook keeps them all
        return made

    return loop


@contextmanager
def served(model: Model) -> Iterator[tuple[str, str]]:
    """Serve a model's SavedModel in a process of its own; yield both addresses."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / model.name
        place.mkdir()
        (place / str(model.version)).symlink_to(model.folder.absolute())
        words = [sys.executable, "-m", "tests.sources.serving.standin", "--models", folder]
        process = subprocess.Popen(
            [*words, "--port", "0", "--rest-port", "0"],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            ports = re.findall(r"\d+", process.stdout.readline())  # gRPC on …, REST on …
            yield (
                f"tfserving://127.0.0.1:{ports[1]}/{model.name}",
                f"grpc://127.0.0.1:{ports[0]}/{model.name}",
            )
        finally:
            process.terminate()
            process.wait(20)


def measured(work: dict[str, Callable[[], int]], rounds: int) -> dict[str, list[float]]:
    """Return pictures per second of each, round by round; one round before warms up."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds + 1):
        for name, run in work.items():
            started = time.perf_counter()
            made = run()
            if number:
                found[name].append(made / (time.perf_counter() - started))
    return found


def rows_of(found: dict[str, list[float]], base: str) -> list[list[str]]:
    return [
        [
            name,
            f"{statistics.median(rates):.1f}",
            f"{statistics.median(a / b for a, b in zip(rates, found[base], strict=True)):.2f}",
        ]
        for name, rates in found.items()
    ]


@click.command()
@click.option("--model", "name", default="emoji", show_default=True, help="One with both files.")
@click.option("--biggan", default="", help="Folder or handle of a module; a tiny one by default.")
@click.option("--pictures", default=256, show_default=True, help="Of each, every round.")
@click.option("--rounds", default=5, show_default=True)
@click.option("--served", "with_served", is_flag=True, help="REST and gRPC too.")
def main(name: str, biggan: str, pictures: int, rounds: int, with_served: bool) -> None:
    """Print the tables."""
    settings = read_settings(os.environ)
    threads = usable_cores()
    samples = max(BATCH, pictures // 4)
    heavy = find_model(settings.models_folder, f"{name}:savedmodel")
    request = check_request(heavy, "4", samples, None, 0)

    def run_of(model: Model) -> Callable[[], int]:
        source = open_source(model, threads)
        batches = plan_of(model, request_of(model), source.batch)
        return lambda: through(source, batches, request_of(model))

    def request_of(model: Model) -> Request:
        return check_request(model, "4", samples, None, 0)

    base = f"notebook's loop, {heavy.label}"
    work = {base: notebook_loop(heavy, request)}
    work["LiteRT"] = run_of(find_model(settings.models_folder, name))
    work["SavedModel"] = run_of(heavy)
    with tempfile.TemporaryDirectory() as folder:
        module = biggan or str(_tiny_module(Path(folder)))
        model = find_model(settings.models_folder, module, Caches.of(settings))
        hub_base = f"notebook's loop, {'' if biggan else 'tiny '}{model.name}"
        hub_work = {
            hub_base: notebook_loop(model, request_of(model)),
            "TF1 Hub module": run_of(model),
        }
        tables = []
        if with_served:
            with served(heavy) as (rest, grpc):
                for title, address in (("REST", rest), ("gRPC", grpc)):
                    work[title] = run_of(find_model(settings.models_folder, address))
                tables.append(rows_of(measured(work, rounds), base))
        else:
            tables.append(rows_of(measured(work, rounds), base))
        tables.append(rows_of(measured(hub_work, rounds), hub_base))
    for table in tables:
        first, *others = table
        for name, _, ratio in others:
            note(f"{name} ÷ {first[0]}", float(ratio))
        click.echo(markdown(["source", "pictures/s", "÷ the loop"], table) + "\n")
    click.echo(
        f"{samples * 4} pictures a round, {rounds} rounds, {threads} threads. {machine()}, "
        f"{versions('numpy', 'tensorflow', 'ai-edge-litert')}."
    )


def _tiny_module(folder: Path) -> Path:
    from tests.hub_module import build_hub_module

    return build_hub_module(folder / "module")


if __name__ == "__main__":
    main()
