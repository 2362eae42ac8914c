"""Training steps: pictures per second beside the plainest form of the same networks.

python -m bench.train [--rounds 7] [--only wgan]

Both do the same steps on the same random pictures, side by side in one process; a round times
each once, in turn, and the ratio is of the medians. Plain: float32, Keras layers and optimizers,
a compiled `tf.function` per step, as tutorials have it.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import click

from bench.table import machine, markdown, note, versions


@dataclass(frozen=True)
class Contest:
    """Two ways to make the same step, and the real pictures that one takes."""

    name: str
    pictures: int
    ours: Callable[[], None]
    plain: Callable[[], None]
    wanted: str


def wgan(size_px: int) -> Contest:
    """5 critic steps and one of the generator on batches of 64."""
    import numpy as np
    import tensorflow as tf

    from bench.plain_wgan import make_step
    from gan.dataset.files import DatasetAbout
    from gan.methods.wasserstein import Options, build
    from gan.networks.deconvolutional import critic_channels, generator_channels
    from gan.training.batches import Batch
    from gan.training.machine import choose_dtype_policy

    options = Options(recipe="wgan", method="wasserstein", dataset="", first_steps=0, more_every=0)
    about = DatasetAbout(name="", size_px=size_px, categories=[], styles=[], notes={})
    policy = choose_dtype_policy(gpus=len(tf.config.list_physical_devices("GPU")))
    method = build(options, about, policy)
    step = make_step(size_px, generator_channels(size_px), critic_channels(size_px), options.batch)
    shape = (options.critic_steps * options.batch, size_px, size_px, 3)
    pictures = np.random.RandomState(0).uniform(-1, 1, shape).astype(np.float32)
    batch = Batch(pictures, np.empty(0), np.empty(0))
    parts = pictures.reshape(options.critic_steps, options.batch, size_px, size_px, 3)
    return Contest(
        f"WGAN, {size_px} px",
        len(pictures),
        # reading a number waits for the device
        lambda: [float(value) for value in method.step(1, batch, 0.0).values()] and None,
        lambda: step(parts),
        "at least 1.5",
    )


def cyclegan(channels: int) -> Contest:
    """One step on a picture of each domain at 128 px, with the paper's 6 blocks."""
    import numpy as np
    import tensorflow as tf

    from bench.plain_cyclegan import make_step
    from gan.dataset.files import DatasetAbout
    from gan.methods.cyclegan import CycleGAN, Options
    from gan.training.batches import Batch
    from gan.training.machine import choose_dtype_policy

    options = Options(
        recipe="cyclegan", dataset="", channels=channels, discriminator_channels=channels
    )
    about = DatasetAbout(name="", size_px=128, categories=[], styles=["a", "b"], notes={})
    policy = choose_dtype_policy(gpus=len(tf.config.list_physical_devices("GPU")))
    method = CycleGAN(options, about, policy)
    step = make_step(128, channels, options.blocks, channels)
    pictures = np.random.RandomState(0).uniform(-1, 1, (2, 128, 128, 3)).astype(np.float32)
    batch = Batch(pictures, np.empty(0), np.empty(0))
    return Contest(
        f"CycleGAN, 128 px, {channels} channels",
        len(pictures),
        lambda: [float(value) for value in method.step(1, batch, 0.0).values()] and None,
        lambda: step(pictures[:1], pictures[1:]),
        "at least 2",
    )


CONTESTS: dict[str, Callable[[], Contest]] = {
    "wgan": lambda: wgan(128),
    "wgan-64": lambda: wgan(64),
    "cyclegan": lambda: cyclegan(64),
    "cyclegan-small": lambda: cyclegan(32),
}


def measure(contest: Contest, rounds: int) -> tuple[float, float]:
    """Return the median seconds of a step, ours and plain."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for taken, step in zip(seconds, (contest.ours, contest.plain), strict=True):
            started = time.perf_counter()
            step()
            if number:  # the first round compiles
                taken.append(time.perf_counter() - started)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


@click.command()
@click.option("--rounds", default=7, show_default=True, help="Timed rounds.")
@click.option("--only", type=click.Choice(sorted(CONTESTS)), help="One step alone.")
def main(rounds: int, only: str | None) -> None:
    """Print the table."""
    from gan.commands.options import import_tensorflow

    import_tensorflow()
    rows = []
    for name, make in CONTESTS.items():
        if only in (None, name):
            contest = make()
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
