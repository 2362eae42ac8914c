"""`flask gan`: help without TensorFlow, one-line errors, training in a real process."""

import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from gan.dataset.files import Dataset, write_dataset
from gan.runs.folders import BadRun, run_folder, trained_by_us

PROJECT = Path(__file__).parents[3]
Command = Callable[..., Result]


def test_the_commands_are_registered_without_tensorflow() -> None:
    code = (
        "import sys, gan.commands.cli; "
        "print([m for m in ('tensorflow', 'keras', 'numpy', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "words",
    [
        ("dataset",), ("dataset", "emoji"), ("dataset", "folder"), ("dataset", "records"),
        ("doctor",), ("train",), ("evaluate",), ("export",),
    ],
)  # fmt: skip
def test_every_command_has_help(words: tuple[str, ...], gan_command: Command) -> None:
    done = gan_command(*words, "--help")
    assert done.exit_code == 0
    assert "Usage:" in done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "--recipe", "emjoi"), "there is no recipe 'emjoi'; did you mean emoji?"),
        (("train", "--recipe", "emoji"), "flask gan dataset emoji"),
        (("train", "--recipe", "wgangp"), "there is no recipe 'wgangp'; did you mean wgan-gp?"),
        (("train", "--recipe", "emoji", "--run", "../x"), "'../x' cannot name a run"),
        (("export", "--run", "none"), "there is no run 'none'; begin one"),
        (("evaluate", "--run", "none"), "there is no run 'none'; begin one"),
    ],
)
def test_bad_input_is_one_line_with_what_to_do(
    words: tuple[str, ...], message: str, gan_command: Command, home: Path
) -> None:
    done = gan_command(*words)
    assert done.exit_code == 1
    assert len(done.output.strip().splitlines()) == 1
    assert done.output.startswith("Error: ")
    assert message in done.output
    assert not home.exists()


@pytest.mark.parametrize(
    "words", [("--kimg", "0"), ("--kimg", "many"), ("--minutes", "-1"), ("--steps", "3")]
)
def test_numbers_out_of_range_are_usage_errors(
    words: tuple[str, ...], gan_command: Command
) -> None:
    done = gan_command("train", "--recipe", "emoji", *words)
    assert done.exit_code == 2


def test_a_dry_run_shows_networks_and_writes_nothing(
    gan_command: Command, home: Path, tiny_dataset: Dataset, request: pytest.FixtureRequest
) -> None:
    import dataclasses

    import tensorflow as tf

    from gan.training.dry_run import MAXRSS_BYTES

    tf.config.run_functions_eagerly(True)  # what is timed would be compiled for longer
    request.addfinalizer(lambda: tf.config.run_functions_eagerly(False))
    big = tiny_dataset.pictures.repeat(8, 1).repeat(8, 2)
    write_dataset(
        dataclasses.replace(tiny_dataset, size_px=64, pictures=big), home / "datasets" / "tiny-64"
    )
    small = ("generator_channels=4,4,4,4", "discriminator_channels=4,4,4,4", "batch=2")
    changes = [word for change in small for word in ("--set", change)]
    words = ("train", "--recipe", "emoji", "--dataset", "tiny-64", "--dry-run", *changes)
    done = gan_command(*words)
    assert done.exit_code == 0, done.output
    assert re.search(
        r"time +about [\d.]+ (hours|minutes|seconds) here: [\d.]+ images/s", done.output
    )
    held = re.search(r"memory +([\d,]+) MB held in 4 steps of 2\n", done.output)
    assert held is not None
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_BYTES / 1e6
    assert 200 < float(held[1].replace(",", "")) <= own + 1  # at least TensorFlow
    assert "24 pictures to train on" in done.output
    assert "3 categories, 2 styles" in done.output
    assert not (home / "runs").exists()
    done = gan_command("train", "--recipe", "emoji", "--dataset", "tiny-63", "--dry-run")
    assert "did you mean tiny-64?" in done.output


def test_a_data_set_of_another_size_is_one_line(
    gan_command: Command, home: Path, tiny_dataset: Dataset
) -> None:
    write_dataset(tiny_dataset, home / "datasets" / "tiny-8")
    done = gan_command("train", "--recipe", "emoji", "--dataset", "tiny-8")
    assert done.exit_code == 1
    assert "lead from 4 to 64 px, not to 8" in done.output.splitlines()[-1]


def test_one_run_is_trained_by_one_process(home: Path) -> None:
    folder = run_folder(home, "a")
    with (
        trained_by_us(folder),
        pytest.raises(BadRun, match="another process"),
        trained_by_us(folder),
    ):
        pass
    with trained_by_us(folder):
        pass
