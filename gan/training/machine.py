"""What the machine can do: which arithmetic trains fastest here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

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


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside compute under this Keras policy; their variables stay float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
