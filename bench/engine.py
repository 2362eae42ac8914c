"""Engines side by side on the same cores: local, Ray with one node, Ray with two nodes.

    python -m bench.engine [--model emoji] [--categories 12] [--samples 64] [--rounds 3]

Each round makes the same pictures four times, into fresh stores, end to end as `flask pregen`
does: planned, generated, encoded, written durably, indexed. Ray gets as many cores as the local
engine has threads, on one node or half of them on each of two. A job of Ray's is 64 pictures, 8
calls of the generator's batch of 8: what a commit takes with the local engine too.

Starting Ray and loading the model are not in the figures: they are told below the table. Rounds
alternate the kinds; figures are medians over rounds, after one that warms up.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click

from bench.table import machine, markdown, note, versions
from core.cpu import usable_cores
from core.settings import read_settings
from pregen.engines.jobs import JOB
from pregen.engines.ray_engine import Makers, RayEngine, ray_makers
from pregen.filling.run import Filling
from pregen.planning.request import Request, check_request
from sources.registry import find_model, open_sources
from sources.spec.description import Model
from store.formats.encoding import find_format

Fill = Callable[[Filling], int]


def seconds_of(fill: Fill, model: Model, request: Request, batch: int) -> tuple[int, float]:
    """Fill a fresh store; return how many pictures that were and how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(
            {
                "NONESUCH_IMAGES_FOLDER": f"{folder}/images",
                "NONESUCH_INSTANCE_FOLDER": f"{folder}/instance",
                "NONESUCH_FREE_SPACE_FLOOR_MB": "0",
            }
        )
        filling = Filling(settings, model, request, batch, dry_run=False)
        started = time.perf_counter()
        made = fill(filling)
        return made, time.perf_counter() - started


@contextmanager
def nodes(cores: list[int]) -> Iterator[str]:
    """Yield the address of a cluster on this machine with nodes of so many cores."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - as the local engine's threads
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    head = {"num_cpus": cores[0], "include_dashboard": False, "object_store_memory": 150 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for count in cores[1:]:
            cluster.add_node(num_cpus=count, object_store_memory=150 * 2**20)
        yield cluster.address
    finally:
        cluster.shutdown()


def on_ray(makers: Makers) -> Fill:
    chosen = find_format("webp")

    def fill(filling: Filling) -> int:
        return filling.run(
            lambda recorder, progress: RayEngine(
                makers, recorder, chosen, filling.request, progress.add, lambda _: None
            ),
            chosen,
            lambda _: None,
        )

    return fill


@click.command()
@click.option("--model", "name", default="emoji", show_default=True)
@click.option("--categories", default="12", show_default=True)
@click.option("--samples", default=64, show_default=True)
@click.option("--rounds", default=3, show_default=True)
def main(name: str, categories: str, samples: int, rounds: int) -> None:
    """Print the table."""
    model = find_model(read_settings({}).models_folder, name)
    request = check_request(model, categories, samples, None, 0)
    cores = usable_cores()
    sources = open_sources(model, cores)
    half = max(1, cores // 2)
    times: dict[str, list[float]] = {}
    loading: dict[str, float] = {}
    pictures = 0

    def take(kind: str, fill: Fill) -> None:
        nonlocal pictures
        pictures, seconds = seconds_of(fill, model, request, sources[0].batch)
        times.setdefault(kind, []).append(seconds)

    def local(filling: Filling) -> int:
        return filling.fill(sources, find_format("webp"), lambda _: None)

    # one connection to Ray a process, so a cluster at a time; the local engine before each
    for kind, split in (
        ("Ray, one node", [cores]),
        ("Ray, two nodes", [half, max(1, cores - half)]),
    ):
        with ExitStack() as stack:
            started = time.perf_counter()
            address = stack.enter_context(nodes(split))
            makers = stack.enter_context(ray_makers(model, address, None, cores))
            loading[kind] = time.perf_counter() - started
            for number in range(rounds + 1):
                take(f"local, beside {kind}", local)
                take(kind, on_ray(makers))
                if number == 0:
                    times[f"local, beside {kind}"].clear()
                    times[kind].clear()
    rows = []
    for kind in loading:
        beside = times[f"local, beside {kind}"]
        ratio = statistics.median(a / b for a, b in zip(beside, times[kind], strict=True))
        note(f"pregen on {kind} ÷ local", ratio)
        for label, found in ((f"local, beside {kind}", beside), (kind, times[kind])):
            is_ray = label == kind
            rate = pictures / statistics.median(found)
            rows.append(
                [
                    label,
                    f"{rate:.1f}",
                    f"{ratio:.2f}" if is_ray else "",
                    f"{(1 - ratio) * 100:+.0f} %" if is_ray else "",
                ]
            )
    click.echo(f"{machine()}; {versions('ray', 'ai-edge-litert', 'pillow', 'numpy')}")
    click.echo(
        f"{pictures} pictures of {model.size_px} px a round, {rounds} rounds, medians; "
        f"{cores} cores, jobs of {JOB} pictures, batches of {sources[0].batch}\n"
    )
    click.echo(markdown(["", "pictures/s", "÷ local", "overhead"], rows))
    started_in = ", ".join(f"{kind} {seconds:.1f} s" for kind, seconds in loading.items())
    click.echo(f"\nstarting Ray and loading the model: {started_in}")


if __name__ == "__main__":
    main()
