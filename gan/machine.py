"""What the machine can do: which arithmetic trains fastest here."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.cpu import usable_cores

# processor flags, as Linux names them
MULTIPLY_BFLOAT16 = {"amx_bf16", "avx512_bf16"}


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> set[str]:
    """Return the processor's flags as Linux lists them; empty elsewhere."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    for line in text.splitlines():
        if line.startswith("flags"):
            return set(line.partition(":")[2].split())
    return set()


def choose_dtype_policy(flags: set[str] | None = None, gpus: int = 0) -> str:
    """Return the Keras dtype policy: bfloat16 where something multiplies it, else float32.

    That is AMX, AVX-512's instructions for it, or a GPU. Measured on 2 cores: without them a
    bfloat16 convolution took 3.4 times as long as float32 (Intel Xeon); with AVX-512's, a step of
    the recipe `emoji` took .73 of its time in float32 (AMD EPYC of family 26).
    """
    flags = cpu_flags() if flags is None else flags
    return "mixed_bfloat16" if gpus or flags & MULTIPLY_BFLOAT16 else "float32"


def share_cores(branches: int) -> None:
    """Where there are no more cores than parts of a step that run side by side: one for each.

    TensorFlow would spread every operation over all cores, and the parts would get in each other's
    way: on 2 cores a step of CycleGAN, two directions, took .93 of the time so with 64 channels and
    .88 with 32. With more cores, or a GPU, nothing is changed: that was not measured. Nor where
    TF_NUM_INTRAOP_THREADS is set, or TensorFlow has computed anything.
    """
    if not 1 < usable_cores() <= branches or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    import tensorflow as tf  # the rest of this module does without

    if not tf.config.list_physical_devices("GPU"):
        with suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(1)


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside compute under this Keras policy; their variables stay float32."""
    import keras  # `flask gan doctor` asks this module where there is none

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
