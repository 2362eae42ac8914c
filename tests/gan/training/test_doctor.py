"""`flask gan doctor`: each thing that can be wrong is told apart, with what to type."""

import importlib.metadata
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from gan.training.doctor import (
    FINE,
    NOTE,
    WRONG,
    check_disk,
    check_gpu,
    check_packages,
    check_processor,
    check_python,
    report,
)


def test_pythons_that_tensorflow_is_not_built_for_are_told() -> None:
    assert check_python((3, 12, 4)).state == FINE
    for version in ((3, 10, 1), (3, 14, 0)):
        found = check_python(version)
        assert found.state == WRONG
        assert "PYTHON=" in found.fix


def test_versions_that_were_not_tried_are_told_with_the_command(tmp_path: Path) -> None:
    pins = tmp_path / "requirements-tensorflow.txt"
    pins.write_text("# a comment\ntensorflow==2.21.0\nkeras==3.15.1\nsetuptools==81.0.0\n")
    have = {"tensorflow": "2.21.0", "keras": "2.4.3"}

    def installed(name: str) -> str:
        if name not in have:
            raise importlib.metadata.PackageNotFoundError(name)
        return have[name]

    found = {f.what.split()[0]: f for f in check_packages(pins, installed)}
    assert found["tensorflow"].state == FINE
    assert found["keras"].state == found["setuptools"].state == WRONG
    assert found["keras"].fix.endswith("pip install keras==3.15.1")
    assert "requirements-tensorflow.txt" in found["setuptools"].fix
    assert "numpy" not in found  # neither pinned here nor installed


def test_arithmetic_goes_with_the_processor() -> None:
    assert "bfloat16" in check_processor({"avx512f", "amx_bf16"}, 2)[1].what
    assert check_processor({"avx512f", "avx512_bf16"}, 2)[1].state == FINE
    assert check_processor({"avx512f", "avx2"}, 2)[1].state == NOTE
    assert check_processor({"sse"}, 2)[1].state == WRONG
    assert len(check_processor(set(), 2)) == 1  # nothing is known of it


@pytest.mark.parametrize(
    ("device", "driver", "cuda", "hidden", "state", "what"),
    [
        (False, False, False, None, NOTE, "no device"),
        (True, False, False, None, WRONG, "driver is not loaded"),
        (False, True, False, None, WRONG, "--gpus all"),
        (True, True, False, None, WRONG, "requirements-gpu.txt"),
        (True, True, True, "", WRONG, "unset CUDA_VISIBLE_DEVICES"),
        (True, True, True, None, WRONG, "nvidia-smi"),
    ],
)
def test_the_first_reason_against_a_gpu_is_named(
    device: bool, driver: bool, cuda: bool, hidden: str | None, state: str, what: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if hidden is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    if device:
        (tmp_path / "nvidia0").touch()
    version = tmp_path / "version"
    if driver:
        version.touch()
    found = check_gpu(tmp_path, version, lambda: cuda, lambda: 0)
    assert found.state == state
    assert what in f"{found.what} {found.fix}"
    assert check_gpu(tmp_path, version, lambda: cuda, lambda: 2).state == FINE


def test_the_command_reports_this_machine(gan_command: Callable[..., Result], home: Path) -> None:
    done = gan_command("doctor")
    assert done.exit_code in (0, 1), done.output
    lines = done.output.splitlines()
    for part in ("Python 3.", "tensorflow 2.", "cores for this process", "GPU", f"free in {home}"):
        assert any(part in line for line in lines), part
    wrong = [i for i, line in enumerate(lines) if line.startswith(WRONG)]
    assert done.exit_code == bool(wrong)
    assert all("→" in lines[i + 1] for i in wrong)
    assert not home.exists()


def test_a_fix_stands_below_what_it_mends(tmp_path: Path) -> None:
    assert check_disk(tmp_path).state in (FINE, WRONG)
    text = report([check_python((3, 9, 0)), check_python((3, 11, 0))])
    assert text.splitlines()[1].strip().startswith("→ make clean")
    assert text.splitlines()[2].startswith("ok")
