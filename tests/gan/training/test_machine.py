"""The dtype policy: chosen by what the processor has, undone after use."""

import subprocess
import sys
from pathlib import Path

import keras
import pytest

from gan.training.machine import choose_dtype_policy, cpu_flags, dtype_policy


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


def test_cores_are_shared_out_before_anything_is_computed_and_not_afterwards() -> None:
    """TensorFlow takes the number once: in a process of its own."""
    program = """
import tensorflow as tf
from core.cores import usable_cores
from gan.training.machine import share_cores
said = tf.config.threading.get_intra_op_parallelism_threads
share_cores(1)
print(said())
share_cores(2)
print(said() == max(1, usable_cores() // 2))
tf.constant(1.0) + 1
share_cores(1000)
print(said() == max(1, usable_cores() // 2))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "True", "True"]
