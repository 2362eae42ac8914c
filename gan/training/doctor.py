"""What this machine has for training, what does not fit, and what to type instead."""

import importlib.metadata
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from core.cpu import usable_cores

PINS = Path(__file__).parents[2] / "requirements-tensorflow.txt"
GPU_PINS = "requirements-gpu.txt"
LOWEST, BELOW = (3, 11), (3, 14)
CHECKED = ("tensorflow", "keras", "numpy", "tensorboard", "setuptools", "protobuf", "h5py")
FINE, NOTE, WRONG = "ok", "note", "wrong"


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``fix`` is what to type."""

    state: str  # ok, note or wrong
    what: str
    fix: str = ""


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    shown = ".".join(map(str, version))
    if LOWEST <= tuple(version[:2]) < BELOW:
        return Finding(FINE, f"Python {shown}")
    return Finding(
        WRONG,
        f"Python {shown}: TensorFlow is built for 3.11, 3.12 and 3.13",
        "make clean && make venv-tensorflow PYTHON=/path/to/python3.12",
    )


def check_packages(
    pins: Path = PINS, installed: Callable[[str], str] = importlib.metadata.version
) -> list[Finding]:
    """Compare what is installed with what is pinned, which was tried together."""
    wanted: dict[str, str] = {}
    for path in (pins, pins.with_name("requirements.txt")):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            wanted |= dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE))
    findings = []
    for name in CHECKED:
        try:
            found = installed(name)
        except importlib.metadata.PackageNotFoundError:
            if name in wanted:
                fix = f"{sys.executable} -m pip install -r {pins.name}"
                findings.append(Finding(WRONG, f"{name} is missing", fix))
            continue
        pinned = wanted.get(name)
        if pinned and found != pinned:
            fix = f"{sys.executable} -m pip install {name}=={pinned}"
            findings.append(Finding(WRONG, f"{name} {found}, but {pinned} was tried", fix))
        else:
            findings.append(Finding(FINE, f"{name} {found}"))
    return findings


def check_processor(flags: Iterable[str], count: int | None = None) -> list[Finding]:
    """Say which arithmetic trains fastest here and why."""
    flags = set(flags)
    cores = count or usable_cores()
    findings = [Finding(FINE, f"{cores} cores for this process")]
    if "amx_bf16" in flags:
        findings.append(Finding(FINE, "AMX: networks compute in bfloat16, 3 to 4 times as fast"))
    elif "avx512_bf16" in flags:
        what = "AVX-512 with bfloat16: networks compute in it, on an AMD EPYC 1.4 times as fast"
        findings.append(Finding(FINE, what))
    elif "avx512f" in flags:
        what = "AVX-512 without bfloat16: networks compute in float32"
        findings.append(Finding(NOTE, what, "a processor with AMX (Sapphire Rapids on), or a GPU"))
    elif flags and "avx2" not in flags:
        findings.append(
            Finding(WRONG, "no AVX2: TensorFlow's builds may not start here", "another machine")
        )
    elif flags:
        findings.append(Finding(NOTE, "AVX2: networks compute in float32", "or take a GPU"))
    return findings


def check_gpu(
    devices: Path = Path("/dev"),
    driver: Path = Path("/proc/driver/nvidia/version"),
    has_cuda: Callable[[], bool] | None = None,
    visible: Callable[[], int] | None = None,
) -> Finding:
    """Say whether TensorFlow sees a GPU, or the first reason why not."""
    count = (visible or _visible_gpus)()
    if count:
        return Finding(FINE, f"{count} GPU: networks compute in bfloat16")
    there = bool(sorted(devices.glob("nvidia[0-9]*"))) or (devices / "dxg").exists()
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if not there and not driver.is_file():
        return Finding(NOTE, "no GPU: no device of NVIDIA's is here, the processor trains", "")
    if not driver.is_file() and not (devices / "dxg").exists():
        fix = "install NVIDIA's driver (Debian: apt-get install nvidia-driver), then restart"
        return Finding(WRONG, "no GPU: a device is there, but its driver is not loaded", fix)
    if not there:
        fix = "in a container: start it with --gpus all"
        return Finding(WRONG, "no GPU: the driver is there, but no /dev/nvidia0", fix)
    if hidden is not None and hidden.strip() in ("", "-1"):
        what = f"no GPU: CUDA_VISIBLE_DEVICES={hidden!r} hides it"
        return Finding(WRONG, what, "unset CUDA_VISIBLE_DEVICES")
    if not (has_cuda or _has_cuda)():
        fix = f"{sys.executable} -m pip install -r {GPU_PINS}"
        return Finding(WRONG, "no GPU: driver and device are there, CUDA's libraries are not", fix)
    fix = "nvidia-smi, and compare its CUDA version with nvidia-cuda-runtime in " + GPU_PINS
    return Finding(WRONG, "no GPU: TensorFlow finds none though all parts are there", fix)


def _visible_gpus() -> int:
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))


def _has_cuda() -> bool:
    try:
        importlib.metadata.version("nvidia-cudnn-cu12")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def check_disk(home: Path) -> Finding:
    """A run of the largest recipe, SAGAN, keeps two checkpoints of 860 MB and writes a third."""
    there = next(path for path in (home, *home.parents) if path.exists())
    free_gb = shutil.disk_usage(there).free / 1e9
    if free_gb < 3:
        return Finding(
            WRONG,
            f"{free_gb:.1f} GB free in {home}: checkpoints need up to 3",
            "make room, or name another folder with NONESUCH_HOME",
        )
    return Finding(FINE, f"{free_gb:.0f} GB free in {home}")


def examine(home: Path) -> list[Finding]:
    """Return everything that is known; imports TensorFlow where it is installed."""
    from gan.machine import cpu_flags

    findings = [check_python(), *check_packages(), *check_processor(cpu_flags())]
    if all(f.state != WRONG or "tensorflow is missing" not in f.what for f in findings):
        try:
            findings.append(check_gpu())
        except ImportError as error:
            fix = f"{sys.executable} -m pip install --force-reinstall -r {PINS.name}"
            findings.append(Finding(WRONG, f"TensorFlow does not start: {error}", fix))
    system = f"{platform.system()} on {platform.machine()}"
    return [Finding(FINE, system), *findings, check_disk(home)]


def report(findings: list[Finding]) -> str:
    """Return the findings as aligned text, each fix below what it mends."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:<7}{finding.what}")
        if finding.fix and finding.state == WRONG:
            lines.append(f"{'':<7}→ {finding.fix}")
    return "\n".join(lines)
