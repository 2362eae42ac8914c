"""The dtype policy: chosen by what the processor has, undone after use."""

import subprocess
import sys
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from gan import machine
from gan.machine import choose_dtype_policy, cpu_flags, dtype_policy


def test_bfloat16_only_where_something_multiplies_it() -> None:
    assert choose_dtype_policy({"avx512f", "avx2"}) == "float32"
    assert choose_dtype_policy({"avx512f", "avx512_bf16"}) == "mixed_bfloat16"
    assert choose_dtype_policy({"avx512f", "amx_bf16", "amx_tile"}) == "mixed_bfloat16"
    assert choose_dtype_policy(set(), gpus=1) == "mixed_bfloat16"


def test_flags_are_read_from_cpuinfo(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nflags\t\t: fpu amx_bf16 sse\n")
    assert cpu_flags(tmp_path / "cpuinfo") == {"fpu", "amx_bf16", "sse"}
    assert cpu_flags(tmp_path / "none") == set()


def test_the_policy_is_undone_after_an_error() -> None:
    before = keras.config.dtype_policy().name
    with pytest.raises(ValueError), dtype_policy("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise ValueError
    assert keras.config.dtype_policy().name == before


def test_each_part_of_a_step_has_a_core_of_its_own_where_there_are_just_as_many() -> None:
    """TensorFlow takes the number once, before it computes: in a process of its own."""
    program = """
import os
import tensorflow as tf
from gan import machine
said = tf.config.threading.get_intra_op_parallelism_threads
for cores, branches in ((2, 1), (4, 2), (1, 2), (2, 2)):
    machine.usable_cores = lambda cores=cores: cores
    if (cores, branches) == (2, 2):
        os.environ["TF_NUM_INTRAOP_THREADS"] = "3"
        machine.share_cores(2)
        print(said())
        del os.environ["TF_NUM_INTRAOP_THREADS"]
    machine.share_cores(branches)
    print(said())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "0", "0", "0", "1"]


def test_once_tensorflow_has_computed_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setattr(machine, "usable_cores", lambda: 2)
    assert tf.constant(1.0) + 1 == 2
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    machine.share_cores(2)
    assert tf.config.threading.get_intra_op_parallelism_threads() == threads
