"""Checkpoints: whole or not there, the last two kept, damaged ones passed over."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan.runs.checkpoint import (
    BadCheckpoint,
    Checkpoint,
    checkpoints_in,
    last_checkpoint,
    load_checkpoint,
    restore,
    save_checkpoint,
)


def checkpoint(value: float) -> Checkpoint:
    return Checkpoint({"a/0": np.full((2, 3), value, np.float32)}, {"step": int(value)})


def test_what_is_saved_comes_back_and_the_last_two_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, step, checkpoint(step))
    assert [path.name for path in checkpoints_in(tmp_path)] == [
        "checkpoint-000000002.npz", "checkpoint-000000003.npz",
    ]  # fmt: skip
    loaded = load_checkpoint(checkpoints_in(tmp_path)[-1])
    assert loaded.about == {"step": 3}
    np.testing.assert_array_equal(loaded.arrays["a/0"], np.full((2, 3), 3))


@pytest.mark.parametrize("damage", ["truncated", "empty", "one byte", "text", "an array"])
def test_a_damaged_one_is_named_and_the_one_before_taken(tmp_path: Path, damage: str) -> None:
    save_checkpoint(tmp_path, 1, checkpoint(1))
    path = save_checkpoint(tmp_path, 2, checkpoint(2))
    data = path.read_bytes()
    if damage == "an array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    else:
        middle = data.index(np.full(2, 2, np.float32).tobytes())
        path.write_bytes(
            {
                "truncated": data[: len(data) // 2],
                "empty": b"",
                "one byte": data[:middle] + b"\x01" + data[middle + 1 :],
                "text": b"not a checkpoint",
            }[damage]
        )
    said: list[str] = []
    found = last_checkpoint(tmp_path, said.append)
    assert found is not None
    assert found[1].about == {"step": 1}
    assert len(said) == 1
    assert "checkpoint-000000002.npz is damaged" in said[0]


@pytest.mark.parametrize("shape", [(3, 2), None])
def test_another_recipes_arrays_are_refused_and_nothing_is_assigned(
    tmp_path: Path, shape: tuple[int, int] | None
) -> None:
    first = tf.Variable(tf.zeros((2, 3)))
    variables = {"a/0": first, "b/0" if shape is None else "a/1": tf.Variable(tf.zeros((1,)))}
    arrays = {"a/0": np.ones((2, 3), np.float32)}
    if shape:
        arrays["a/1"] = np.ones(shape, np.float32)
    with pytest.raises(BadCheckpoint, match="another recipe"):
        restore(variables, Checkpoint(arrays, {}), tmp_path)
    assert float(tf.reduce_sum(first)) == 0
