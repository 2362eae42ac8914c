"""A NonesuchError is one line and exit status 1, however deep the command."""

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from core.commands import Command, CommandGroup
from core.errors import NonesuchError
from core.packages import PINNED, not_installed
from core.settings import PROJECT


@click.group(cls=CommandGroup)
def outer() -> None:
    """Outer."""


@outer.group()
def inner() -> None:
    """Inner."""


@inner.command()
def fail() -> None:
    raise NonesuchError("it is broken", "mend it")


@outer.command()
def crash() -> None:
    raise RuntimeError("a bug")


@click.command(cls=Command)
def alone() -> None:
    raise NonesuchError("no hint here")


def test_an_error_deep_inside_is_one_line_with_its_hint() -> None:
    done = CliRunner().invoke(outer, ["inner", "fail"])
    assert (done.exit_code, done.output) == (1, "Error: it is broken; mend it\n")


def test_a_command_of_its_own_does_it_too() -> None:
    done = CliRunner().invoke(alone)
    assert (done.exit_code, done.output) == (1, "Error: no hint here\n")


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        CliRunner().invoke(outer, ["crash"], catch_exceptions=False)


@outer.command()
@click.argument("number", type=int)
def write(number: int) -> None:
    raise OSError(number, os.strerror(number), "/pictures/hat")


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_what_the_system_refuses_is_one_line_with_the_file(number: int) -> None:
    done = CliRunner().invoke(outer, ["write", str(number)])
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: /pictures/hat: {os.strerror(number)}; check the disk")
    assert len(done.output.splitlines()) == 1


@pytest.mark.parametrize("number", [errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EEXIST])
def test_a_path_that_leads_nowhere_is_one_line(number: int) -> None:
    done = CliRunner().invoke(outer, ["write", str(number)])
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: /pictures/hat: {os.strerror(number)}; name another path")


def test_a_file_that_is_not_there_is_a_bug_of_the_program() -> None:
    with pytest.raises(FileNotFoundError):
        CliRunner().invoke(outer, ["write", str(errno.ENOENT)], catch_exceptions=False)


@outer.command()
def interrupted() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_is_one_line_and_the_status_that_a_shell_expects() -> None:
    done = CliRunner().invoke(outer, ["interrupted"])
    assert (done.exit_code, done.output) == (
        130,
        "stopped: run the same command again to do the rest\n",
    )


@outer.command()
@click.argument("package")
def compute(package: str) -> None:
    raise ModuleNotFoundError(f"No module named {package!r}", name=package)


@pytest.mark.parametrize(
    "package, pins",
    [
        ("tensorflow", "requirements-tensorflow.txt"),
        ("grpc._channel", "requirements-tensorflow.txt"),
        ("kagglehub", "requirements-hub.txt"),
        ("ray", "requirements-ray.txt"),
    ],
)
def test_an_optional_package_that_is_missing_is_one_line(package: str, pins: str) -> None:
    done = CliRunner().invoke(outer, ["compute", package])
    assert done.exit_code == 1
    assert done.output.endswith(f"is not installed; python -m pip install -r {pins}\n")
    assert len(done.output.splitlines()) == 1


def test_every_optional_package_is_pinned_where_the_message_says() -> None:
    names = {"grpc": "grpcio", "resvg_py": "resvg-py", "tensorflow_hub": "tensorflow-hub"}
    names |= {"tensorflow_serving": "tensorflow-serving-api", "tf_keras": "tf-keras"}
    for package in PINNED:
        said = not_installed(ModuleNotFoundError(name=package))
        assert said is not None
        pins = (PROJECT / said.hint.split()[-1]).read_text()
        assert f"\n{names.get(package, package)}==" in f"\n{pins}", package


def test_a_module_of_ours_that_is_missing_is_a_bug() -> None:
    with pytest.raises(ModuleNotFoundError):
        CliRunner().invoke(outer, ["compute", "store.nothing"], catch_exceptions=False)


def test_a_locked_index_is_one_line(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "index.sqlite3", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    environ = {"NONESUCH_INSTANCE_FOLDER": str(tmp_path), "NONESUCH_BUSY_TIMEOUT_S": "0.1"}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "db", "upgrade"],
        env={**os.environ, **environ}, cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    holder.close()
    assert done.returncode == 1
    assert "locked" in done.stderr and len(done.stderr.splitlines()) == 1
