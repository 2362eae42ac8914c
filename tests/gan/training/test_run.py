"""A run: killed and continued it ends with the same weights; it never keeps a bad checkpoint."""

import dataclasses
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from gan.dataset.files import Dataset, write_dataset
from gan.runs.checkpoint import checkpoints_in, load_checkpoint
from gan.runs.options import BadOptions
from gan.training.run import Run, TrainingFailed
from tests.gan.conftest import make_dataset
from tests.gan.tiny import TINY

PROJECT = Path(__file__).parents[3]

pytestmark = pytest.mark.usefixtures("eager")


def finished(folder: Path) -> dict[str, np.ndarray]:
    checkpoint = load_checkpoint(checkpoints_in(folder)[-1])
    assert checkpoint.about["step"] == 6
    return checkpoint.arrays


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six steps without interruption."""
    folder = tmp_path_factory.mktemp("whole")
    Run(folder, make_dataset(), TINY, print).train()
    return folder


def test_it_leaves_a_checkpoint_a_grid_and_scalars(whole_run: Path) -> None:
    names = {path.name for path in whole_run.iterdir()}
    assert {"checkpoint-000000006.npz", "grid-000000006.png", "tensorboard"} <= names
    about = load_checkpoint(whole_run / "checkpoint-000000006.npz").about
    assert about["pictures_seen"] == 48
    assert about["seconds"] > 0
    assert list((whole_run / "tensorboard").iterdir())


def test_every_network_and_the_average_were_trained(whole_run: Path, tmp_path: Path) -> None:
    fresh = Run(tmp_path, make_dataset(), TINY, print)
    fresh.save()
    before = load_checkpoint(tmp_path / "checkpoint-000000000.npz").arrays
    after = finished(whole_run)
    assert set(before) == set(after)
    for name in before:
        moved = np.abs(before[name] - after[name]).max()
        assert after[name].dtype == before[name].dtype
        # a bias on the logit itself cancels in a relativistic loss
        if name.startswith(("generator/", "discriminator/", "ema/")) and after[name].size > 1:
            assert moved > 0, name


def test_stopped_at_any_step_and_continued_it_ends_with_the_same_weights(
    whole_run: Path, tmp_path: Path, tiny_dataset: Dataset
) -> None:
    Run(tmp_path, tiny_dataset, TINY, print).train(minutes=1e-9)  # one step a session
    assert checkpoints_in(tmp_path)[-1].name == "checkpoint-000000001.npz"
    Run(tmp_path, tiny_dataset, TINY, print).train(minutes=1e-9)
    said: list[str] = []
    Run(tmp_path, tiny_dataset, TINY, said.append).train()
    assert said[0].startswith("continuing at 0.0 kimg from checkpoint-000000002.npz")
    expected = finished(whole_run)
    for name, array in finished(tmp_path).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_under_bfloat16_checkpoints_are_float32_and_continue_here(
    tmp_path: Path, tiny_dataset: Dataset
) -> None:
    run = Run(tmp_path, tiny_dataset, TINY, print, policy="mixed_bfloat16")
    run.train(minutes=1e-9)
    arrays = load_checkpoint(checkpoints_in(tmp_path)[-1]).arrays
    assert {a.dtype for n, a in arrays.items() if "adam" not in n} == {np.dtype("float32")}
    assert all(np.isfinite(array).all() for array in arrays.values())
    Run(tmp_path, tiny_dataset, TINY, print, policy="float32").train(minutes=1e-9)
    assert checkpoints_in(tmp_path)[-1].name == "checkpoint-000000002.npz"


def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    whole_run: Path, tmp_path: Path, tiny_dataset: Dataset
) -> None:
    Run(tmp_path, tiny_dataset, TINY, print).train(minutes=1e-9)
    Run(tmp_path, tiny_dataset, TINY, print).train(minutes=1e-9)
    damaged = checkpoints_in(tmp_path)[-1]
    damaged.write_bytes(damaged.read_bytes()[:999])
    said: list[str] = []
    Run(tmp_path, tiny_dataset, TINY, said.append).train()
    assert "checkpoint-000000002.npz is damaged" in said[0]
    assert "from checkpoint-000000001.npz" in said[1]
    expected = finished(whole_run)
    for name, array in finished(tmp_path).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_beginning_anew_after_damage_keeps_what_it_saves(
    tmp_path: Path, tiny_dataset: Dataset
) -> None:
    for step in (100, 200):
        (tmp_path / f"checkpoint-{step:09d}.npz").write_bytes(b"damaged")
    Run(tmp_path, tiny_dataset, TINY, print).train(minutes=1e-9)
    assert [p.name for p in checkpoints_in(tmp_path)] == ["checkpoint-000000001.npz"]


def test_numbers_that_are_not_finite_end_it_with_the_last_good_checkpoint(
    tmp_path: Path, tiny_dataset: Dataset
) -> None:
    Run(tmp_path, tiny_dataset, TINY, print).train(minutes=1e-9)
    good = checkpoints_in(tmp_path)[-1].read_bytes()
    run = Run(tmp_path, tiny_dataset, TINY, print)
    weight = run.method.generator.variables[0]
    weight.assign(np.full(weight.shape, np.nan, np.float32))
    with pytest.raises(TrainingFailed, match=r"no longer finite.*checkpoint-000000001\.npz"):
        run.train()
    assert [p.read_bytes() == good for p in checkpoints_in(tmp_path)] == [True]


def test_other_options_or_other_data_are_refused(whole_run: Path, tiny_dataset: Dataset) -> None:
    with pytest.raises(BadOptions, match="batch = 8, not 4"):
        Run(whole_run, tiny_dataset, dataclasses.replace(TINY, batch=4), print)
    more = dataclasses.replace(tiny_dataset, styles=[*tiny_dataset.styles, "third"])
    with pytest.raises(BadOptions, match="was made anew"):
        Run(whole_run, more, TINY, print)


TRAIN = """
import dataclasses, sys
from pathlib import Path
import tensorflow as tf
# with several threads some sums are now and then added in another order
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
from gan.dataset.files import read_dataset
from gan.runs.folders import trained_by_us
from gan.training.run import Run
from tests.gan.tiny import TINY
folder, dataset = map(Path, sys.argv[1:])
with trained_by_us(folder):
    options = dataclasses.replace(TINY, total_kimg=0.8, penalty_every=1)
    Run(folder, read_dataset(dataset), options, print).train(checkpoint_minutes=0.01)
"""


@pytest.mark.long
def test_killed_at_an_unknown_moment_and_continued_it_ends_with_the_same_weights(
    tmp_path: Path, tiny_dataset: Dataset
) -> None:
    """Whole processes and compiled steps, as in earnest; one is ended by SIGKILL."""
    write_dataset(tiny_dataset, tmp_path / "data")

    def start(name: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", TRAIN, str(tmp_path / name), str(tmp_path / "data")],
            cwd=PROJECT, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    whole, killed = start("whole"), start("killed")
    deadline = time.monotonic() + 200
    while not checkpoints_in(tmp_path / "killed") and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.kill()
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    at = load_checkpoint(checkpoints_in(tmp_path / "killed")[-1]).about["step"]
    assert 0 < at < 100
    continued = start("killed")
    for process in (whole, continued):
        out, errors = process.communicate(timeout=200)
        assert "finished at 0.8 kimg" in out, errors
    assert f"from checkpoint-{at:09d}.npz" in out
    ends = [load_checkpoint(tmp_path / n / "checkpoint-000000100.npz") for n in ("whole", "killed")]
    for name, array in ends[0].arrays.items():
        np.testing.assert_array_equal(array, ends[1].arrays[name], err_msg=name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_a_checkpoint_of_where_it_is(
    number: signal.Signals, tmp_path: Path, tiny_dataset: Dataset
) -> None:
    said: list[str] = []
    run = Run(tmp_path, tiny_dataset, dataclasses.replace(TINY, total_kimg=100.0), said.append)
    before = signal.getsignal(number)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), number))
    timer.start()
    run.train()
    timer.join()
    assert said[-1].startswith("stopped at")
    assert signal.getsignal(number) == before
    about = load_checkpoint(checkpoints_in(tmp_path)[-1]).about
    assert about["step"] == run.progress.step > 0


def test_log_rows_hold_losses_and_rate(
    tmp_path: Path, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.training.run.LOG_EVERY", 2)
    Run(tmp_path, tiny_dataset, TINY, print).train()
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4, 6]
    assert all(row["images_per_second"] > 0 and row["loss/generator"] > 0 for row in rows)


def test_a_generator_of_one_picture_ends_it_and_keeps_what_came_before(
    tmp_path: Path, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.training.run.LOG_EVERY", 1)
    monkeypatch.setattr("gan.training.collapse.ROWS", 4)
    Run(tmp_path, tiny_dataset, TINY, print).train(minutes=1e-9)
    good = checkpoints_in(tmp_path)[-1].read_bytes()
    run = Run(tmp_path, tiny_dataset, TINY, print)
    for variable in run.method.generator.variables:
        variable.assign(np.zeros(variable.shape, np.float32))
    with pytest.raises(TrainingFailed, match=r"one picture only.*checkpoint-000000001.*lower the"):
        run.train(checkpoint_minutes=1e-9)
    assert [p.read_bytes() == good for p in checkpoints_in(tmp_path)] == [True]


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Let the system refuse to write more than ``size`` bytes to any file, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_last_checkpoint_and_nothing_half_written(
    tmp_path: Path, tiny_dataset: Dataset
) -> None:
    """The same command then continues."""
    folder = tmp_path / "run"
    Run(folder, tiny_dataset, TINY, print).train(minutes=1e-9)
    good = checkpoints_in(folder)[-1]
    before = good.read_bytes()
    run = Run(folder, tiny_dataset, TINY, print)
    with (
        no_file_beyond(len(before) // 2),
        pytest.raises(
            TrainingFailed, match=r"^nothing could be written .*\(File too large\)"
        ) as failed,
    ):
        run.train(checkpoint_minutes=1e-9)
    assert f"the last good checkpoint is {good}; make room" in str(failed.value.hint)
    assert [path.name for path in checkpoints_in(folder)] == [good.name]
    assert good.read_bytes() == before
    assert not list(folder.glob(".tmp-*"))
    said: list[str] = []
    Run(folder, tiny_dataset, TINY, said.append).train(minutes=1e-9)
    assert "from checkpoint-000000001.npz" in said[0]


def test_tensorboard_shows_losses_and_grids(
    tmp_path: Path, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.setattr("gan.training.run.LOG_EVERY", 2)
    Run(tmp_path, tiny_dataset, TINY, print).train(grid_minutes=1e-9)
    shown = EventAccumulator(str(tmp_path / "tensorboard"), {"tensors": 0})
    shown.Reload()
    tags = shown.Tags()["tensors"]
    assert {"loss/generator", "loss/discriminator", "diversity", "samples"} <= set(tags)
    assert [event.step for event in shown.Tensors("loss/generator")] == [2, 4, 6]
    picture = shown.Tensors("samples")[-1].tensor_proto.string_val[2]
    assert picture.startswith(b"\x89PNG")
    assert len(list(tmp_path.glob("grid-*.png"))) == 6


def test_other_pictures_under_a_run_are_refused(tmp_path: Path, tiny_dataset: Dataset) -> None:
    """A data set that was made anew in the place of the one that the run was begun on."""
    Run(tmp_path, tiny_dataset, TINY, print).train(minutes=1e-9)
    Run(tmp_path, make_dataset(), TINY, print)  # the same, read again
    other = tiny_dataset.pictures.copy()
    other[0, 0, 0] += 1
    for changed in (
        dataclasses.replace(tiny_dataset, pictures=other),
        dataclasses.replace(tiny_dataset, records=tiny_dataset.records[::-1]),
    ):
        with pytest.raises(BadOptions, match=r"was made anew since the run .* began, .*--run NAME"):
            Run(tmp_path, changed, TINY, print)


def test_of_some_minutes_it_says_what_is_left(tmp_path: Path, tiny_dataset: Dataset) -> None:
    options = dataclasses.replace(TINY, total_kimg=1e6)
    run = Run(tmp_path, tiny_dataset, options, print)
    run.progress.step = 100
    assert run._how_far(60.0, 0.0, 90).endswith(" 1 h 29 min left")
    assert run._how_far(60.0, 0.0, 0.5).endswith(" 0 h 00 min left")
    assert not run._how_far(60.0, 0.0, None).endswith(" 1 h 29 min left")


def test_without_a_terminal_it_says_how_far_it_is(tmp_path: Path, tiny_dataset: Dataset) -> None:
    said: list[str] = []
    Run(tmp_path, tiny_dataset, TINY, said.append).train(grid_minutes=1e-9)
    assert re.match(r"0\.0 of 0\.048 kimg, [\d.]+ images/s, 0 h \d\d min left", said[0])
