"""A NonesuchError is one line and exit status 1, however deep the command."""

import errno
import os

import click
import pytest
from click.testing import CliRunner

from core.commands import Command, CommandGroup
from core.errors import NonesuchError


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


def test_a_file_that_is_not_there_is_a_bug_of_the_program() -> None:
    with pytest.raises(FileNotFoundError):
        CliRunner().invoke(outer, ["write", str(errno.ENOENT)], catch_exceptions=False)
