"""What `--dry-run` measures: steps of every kind, and none while it is being compiled."""

from pathlib import Path

import pytest
import tensorflow as tf

from gan.dataset.files import Dataset
from gan.methods import relativistic, style
from gan.training.options import RunOptions
from gan.training.plan import try_steps
from tests.gan.methods.tiny_recipes import tiny
from tests.gan.tiny import TINY


@pytest.mark.parametrize(
    ("method", "options"),
    [
        (relativistic.Relativistic, TINY),
        (style.Style, tiny("stylegan-small", steps=20)),
    ],
)
def test_no_step_that_is_timed_is_compiled(
    method: type, options: RunOptions, tiny_dataset: Dataset, tmp_path: Path,
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
        metrics = step(self, *args)
        compiled.append(len(made) > before)
        return metrics

    monkeypatch.setattr(tf, "GradientTape", Counted)
    monkeypatch.setattr(method, "step", watched)
    try_steps(tiny_dataset, options, tmp_path, print)
    assert sum(compiled[: options.cycle]) == 2  # with the penalty and without
    assert compiled[options.cycle :] == [False] * 4
