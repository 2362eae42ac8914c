"""Training steps: pictures per second beside the plainest form of the same networks.

python -m bench.train [--rounds 7] [--only wgan]

Both do the same steps on the same random pictures, each in a process of its own, set up as
`flask gan train` does it or left as TensorFlow comes; a round times each once, in turn, while the
other waits, and the ratio is of the medians. Plain: float32, Keras layers and optimizers, a
compiled `tf.function` per step, as tutorials have it.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import click

from bench.table import machine, markdown, note, versions

if TYPE_CHECKING:
    import numpy as np

    from gan.methods.cyclegan import Options as CycleGanOptions
    from gan.methods.wgan import Options as WganOptions

Step = Callable[[], None]


@dataclass(frozen=True)
class Contest:
    """Two ways to make the same step, and how many real pictures one takes."""

    name: str
    pictures: int
    ours: Callable[[], Step]  # makes it, in the process that will run it
    plain: Callable[[], Step]
    wanted: str


@dataclass(frozen=True)
class Wgan:
    """5 critic steps and one of the generator on batches of 64."""

    size_px: int

    def ours(self) -> Step:
        from gan.batches.labelled import Batch
        from gan.dataset.files import DatasetAbout
        from gan.machine import choose_dtype_policy, share_cores
        from gan.methods.wgan import build

        options = self.options()
        share_cores(options.branches)
        about = DatasetAbout(name="", size_px=self.size_px, categories=[], styles=[], notes={})
        method = build(options, about, choose_dtype_policy(gpus=gpus()))
        batch = Batch(self.pictures(), none(), none())
        # reading a number waits for the device

        def step() -> None:
            for value in method.step(1, batch, 0.0).values():
                float(value)

        return step

    def plain(self) -> Step:
        from bench.plain_wgan import make_step
        from gan.networks.wgan import critic_channels, generator_channels

        size, options = self.size_px, self.options()
        step = make_step(size, generator_channels(size), critic_channels(size), options.batch)
        parts = self.pictures().reshape(options.critic_steps, options.batch, size, size, 3)
        return lambda: step(parts)

    def options(self) -> "WganOptions":
        from gan.methods.wgan import Options

        return Options(recipe="wgan", dataset="", first_steps=0, more_every=0)

    def pictures(self) -> "np.ndarray":
        return noise(5 * 64, self.size_px)


@dataclass(frozen=True)
class CycleGan:
    """One step on a picture of each domain at 128 px, with the paper's 6 blocks."""

    channels: int

    def ours(self) -> Step:
        from gan.batches.labelled import Batch
        from gan.dataset.files import DatasetAbout
        from gan.machine import choose_dtype_policy, share_cores
        from gan.methods.cyclegan import CycleGAN

        options = self.options()
        share_cores(options.branches)
        about = DatasetAbout(name="", size_px=128, categories=[], styles=["a", "b"], notes={})
        method = CycleGAN(options, about, choose_dtype_policy(gpus=gpus()))
        batch = Batch(noise(2, 128), none(), none())

        def step() -> None:
            for value in method.step(1, batch, 0.0).values():
                float(value)

        return step

    def plain(self) -> Step:
        from bench.plain_cyclegan import make_step

        step = make_step(128, self.channels, self.options().blocks, self.channels)
        pictures = noise(2, 128)
        return lambda: step(pictures[:1], pictures[1:])

    def options(self) -> "CycleGanOptions":
        from gan.methods.cyclegan import Options

        return Options(
            recipe="cyclegan",
            dataset="",
            channels=self.channels,
            discriminator_channels=self.channels,
        )


def gpus() -> int:
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))


def noise(count: int, size_px: int) -> "np.ndarray":
    """Return float32 [N, S, S, 3] in [-1, 1], the same at every call."""
    import numpy as np

    random = np.random.RandomState(0)
    return random.uniform(-1, 1, (count, size_px, size_px, 3)).astype(np.float32)


def none() -> "np.ndarray":
    import numpy as np

    return np.empty(0)


CONTESTS = {
    "wgan": Contest("WGAN, 128 px", 320, Wgan(128).ours, Wgan(128).plain, "at least 1.5"),
    "wgan-64": Contest("WGAN, 64 px", 320, Wgan(64).ours, Wgan(64).plain, "at least 1.5"),
    "cyclegan": Contest(
        "CycleGAN, 128 px, 64 channels", 2, CycleGan(64).ours, CycleGan(64).plain, "at least 2"
    ),
    "cyclegan-small": Contest(
        "CycleGAN, 128 px, 32 channels", 2, CycleGan(32).ours, CycleGan(32).plain, "at least 2"
    ),
}


def run_steps(make: Callable[[], Step], asked: Connection) -> None:
    """Make a step whenever asked for one, and answer with its seconds; the first compiles."""
    from core.packages import import_tensorflow

    import_tensorflow()
    step = make()
    step()
    asked.send(0.0)
    with suppress(EOFError):
        while asked.recv():
            started = time.perf_counter()
            step()
            asked.send(time.perf_counter() - started)


@contextmanager
def process_for(make: Callable[[], Step]) -> Iterator[Connection]:
    """Start a process that makes steps until the block ends; wait until it is ready."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run_steps, args=(make, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield ours
    finally:
        ours.close()  # which ends it
        process.join(20)


def measure(contest: Contest, rounds: int) -> tuple[float, float]:
    """Return the median seconds of a step, ours and plain."""
    seconds: tuple[list[float], list[float]] = ([], [])
    with process_for(contest.ours) as ours, process_for(contest.plain) as plain:
        for number in range(rounds + 1):
            for taken, side in zip(seconds, (ours, plain), strict=True):
                side.send(True)
                found = side.recv()
                if number:  # the first round warms up
                    taken.append(found)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


@click.command()
@click.option("--rounds", default=7, show_default=True, help="Timed rounds.")
@click.option("--only", type=click.Choice(sorted(CONTESTS)), help="One step alone.")
def main(rounds: int, only: str | None) -> None:
    """Print the table."""
    rows = []
    for name, contest in CONTESTS.items():
        if only in (None, name):
            ours, plain = measure(contest, rounds)
            note(f"{contest.name} ÷ plain, images/s", plain / ours, contest.wanted)
            rows.append(
                [
                    contest.name,
                    f"{contest.pictures / ours:.1f}",
                    f"{contest.pictures / plain:.1f}",
                    f"{plain / ours:.2f}",
                ]
            )
    print(f"{machine()}; {versions('tensorflow', 'keras')}\n")
    print(markdown(["step", "ours, images/s", "plain, images/s", "ratio"], rows))


if __name__ == "__main__":
    main()
