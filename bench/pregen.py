"""pregen end to end ÷ the generator alone ÷ the straight loop, side by side in one run.

    python -m bench.pregen [--model emoji] [--categories 12] [--samples 64] [--rounds 5]

- generator alone: the same batches by the same generators side by side, nothing kept
- pregen: plan, generate, encode, hash, write durably, index, as `flask pregen` does
- straight loop: generate a batch, save each picture with Pillow, commit each row

CPU outside the generator is the process's CPU time, all threads, less that of the generator alone
in the same round. Rounds alternate the three; figures are medians over rounds.
"""

import queue
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
from PIL import Image

from bench.table import machine, markdown, note, versions
from core.cpu import usable_cores
from core.settings import Settings, read_settings
from pregen.filling.run import Filling
from pregen.planning.batches import SeedBatch
from pregen.planning.request import Request, check_request
from sources.registry import find_model, open_source, open_sources
from sources.runtimes.source import Source
from sources.spec.description import Model
from store.files.protocol import digest
from store.formats.encoding import find_format
from store.formats.metadata import Provenance, to_xmp
from store.index.database import open_engine
from store.index.migrating import upgrade
from store.index.writes import NewImage, add_images, ensure_category


@dataclass
class Cost:
    """Seconds of one round."""

    wall: float
    cpu: float


def measure(work: Callable[[], object]) -> Cost:
    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    cpu_before, before = cpu(), time.perf_counter()
    work()
    return Cost(time.perf_counter() - before, cpu() - cpu_before)


def generate_only(sources: list[Source], batches: Sequence[SeedBatch], request: Request) -> None:
    free: queue.SimpleQueue[Source] = queue.SimpleQueue()
    for source in sources:
        free.put(source)

    def generate(batch: SeedBatch) -> None:
        source = free.get()
        truncations = request.truncations_of(source.model, batch.category)
        (draws,) = batch.drawn(source.model, truncations)
        source.generate(batch.category.label, draws)
        free.put(source)

    with ThreadPoolExecutor(len(sources)) as pool:
        list(pool.map(generate, batches))


def straight_loop(
    source: Source, batches: Sequence[SeedBatch], request: Request, settings: Settings
) -> None:
    engine = open_engine(settings, write=True)
    upgrade(engine)
    options = find_format("webp").options
    for batch in batches:
        folder = settings.images_folder / batch.category.slug
        folder.mkdir(parents=True, exist_ok=True)
        truncations = request.truncations_of(source.model, batch.category)
        (draws,) = batch.drawn(source.model, truncations)
        for picture, drawn in zip(source.generate(batch.category.label, draws), draws, strict=True):
            path = folder / f"{drawn.seed}.webp"
            provenance = Provenance(
                source.model.label, source.model.digest, batch.category.slug, drawn.seed,
                drawn.truncation, "",
            )  # fmt: skip
            Image.fromarray(picture).save(path, "WEBP", xmp=to_xmp(provenance), **options)
            data = path.read_bytes()
            row = NewImage(
                path.name, digest(data), len(data), picture.shape[1], picture.shape[0], "webp",
                model=source.model.label, model_digest=source.model.digest, seed=drawn.seed,
                truncation=drawn.truncation,
            )  # fmt: skip
            with engine.begin() as connection:
                category_id = ensure_category(connection, batch.category.slug, batch.category.name)
                add_images(connection, category_id, [row])


def one_round(
    model: Model, sources: list[Source], whole: Source, request: Request
) -> tuple[int, dict[str, Cost]]:
    """Run the three once, in fresh folders; return pictures and costs.

    ``whole``: the generator with all threads, as a straight loop calls it.
    """
    with tempfile.TemporaryDirectory() as temporary:
        settings = [
            read_settings(
                {
                    "NONESUCH_IMAGES_FOLDER": str(Path(temporary) / name / "images"),
                    "NONESUCH_INSTANCE_FOLDER": str(Path(temporary) / name / "instance"),
                    "NONESUCH_FREE_SPACE_FLOOR_MB": "0",
                }
            )
            for name in ("pregen", "loop")
        ]
        chosen = find_format("webp")
        filling = Filling(settings[0], model, request, whole.batch, dry_run=False)
        # without --oversample there are no candidates
        batches = [each for each in filling.plan.batches if isinstance(each, SeedBatch)]
        costs = {
            "generator alone": measure(lambda: generate_only(sources, batches, request)),
            "pregen": measure(lambda: filling.fill(sources, chosen, lambda _: None)),
            "straight loop": measure(lambda: straight_loop(whole, batches, request, settings[1])),
        }
        return filling.plan.missing, costs


@click.command()
@click.option("--model", "name", default="emoji", show_default=True)
@click.option("--categories", default="12", show_default=True)
@click.option("--samples", default=64, show_default=True)
@click.option("--rounds", default=5, show_default=True)
def main(name: str, categories: str, samples: int, rounds: int) -> None:
    """Print the table."""
    model = find_model(read_settings({}).models_folder, name)
    request = check_request(model, categories, samples, None, 0)
    threads = usable_cores()
    sources, whole = open_sources(model, threads), open_source(model, threads)
    found = [one_round(model, sources, whole, request) for _ in range(rounds + 1)][
        1:
    ]  # the first warms up
    pictures = found[0][0]
    rows = []
    for kind in found[0][1]:
        wall = statistics.median(costs[kind].wall for _, costs in found)
        ratio = statistics.median(
            costs["generator alone"].wall / costs[kind].wall for _, costs in found
        )
        outside = statistics.median(
            costs[kind].cpu - costs["generator alone"].cpu for _, costs in found
        )
        if kind == "pregen":
            note("pregen ÷ generator alone", ratio)
            note("pregen, ms CPU outside the generator", outside / pictures * 1000, "at most 40")
        rows.append(
            [
                kind, f"{pictures / wall:.1f}", f"{ratio:.2f}",
                f"{outside / pictures * 1000:.2f}" if kind != "generator alone" else "",
            ]
        )  # fmt: skip
    loop = statistics.median(
        costs["straight loop"].wall / costs["pregen"].wall for _, costs in found
    )
    click.echo(f"{machine()}; {versions('pillow', 'ai-edge-litert', 'numpy', 'sqlalchemy')}")
    click.echo(f"{pictures} pictures of {model.size_px} px a round, {rounds} rounds, medians\n")
    click.echo(
        markdown(
            ["", "pictures/s", "÷ generator alone", "ms CPU outside the generator, a picture"], rows
        )
    )
    note("pregen ÷ straight loop", loop)
    click.echo(f"\npregen ÷ straight loop: {loop:.2f}")


if __name__ == "__main__":
    main()
