"""Every option and argument of every command, given values that make no sense.

Each ends in one line or does what it can; nothing is written outside the site's own folders.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from app.commands import LazyCommands
from core.commands import Command
from core.settings import PROJECT
from tests.conftest import Filled

REMOVING = {"os.rename", "os.remove", "os.rmdir", "os.truncate"}
LONGEST_S = 5  # of this process's time
NO_TEXT = "a\udcffb"  # how Python gives a byte that is not UTF-8
TEXTS = ["", "-1", "0", "nan", str(10**30), "../../x", "no such thing", NO_TEXT, "a\0b", "x" * 5000]
NOT_INSTALLED = ["tensorflow", "ray", "resvg_py", "kagglehub", "tensorflow_hub"]
# these take some of the values, and do their work
SLOW = {"db copy", "export-site", "morphs", "pregen"}
# what makes a command valid but for the value that is tried, and quick
VALID: dict[str, dict[str, str | None]] = {
    "curate category": {"switch": "off", "slugs": "hat", "--dry-run": None},
    "curate reject": {"pictures": "x", "--dry-run": None},
    "curate restore": {"pictures": "x", "--dry-run": None},
    "db copy": {"source": "site", "target": "{folder}/copy.sqlite3"},
    "db downgrade": {"revision": "no-such"},
    "export-site": {"target": "{folder}/public"},
    "gan curator": {"--name": "emoji", "--run": "run"},
    "gan dataset folder": {"path": "{folder}/images", "--size": "8"},
    "gan dataset pairs": {"path": "{folder}/images"},
    "gan dataset records": {"files": "{folder}/images"},
    "gan dataset styles": {"a": "fluent", "b": "noto"},
    "gan evaluate": {"--run": "run"},
    "gan export": {"--run": "run"},
    "gan train": {"--recipe": "emoji", "--dry-run": None},
    "gan truncations": {"--run": "run"},
    "models call": {"address": "tfserving://127.0.0.1:1/x?tries=1&deadline=1"},
    "models choose": {"name": "emoji", "--dry-run": None},
    "models fetch": {"handle_name": "biggan-128", "--dry-run": None},
    "models import": {"path": "{folder}/model.h5"},
    "models inspect": {"place": "emoji"},
    "morphs": {"--categories": "1", "--between": "0", "--stops": "2", "--frames": "2"},
    "pregen": {"--categories": "1", "--samples": "1"},
    "store copy": {"source": "site", "target": "{folder}/copy", "--dry-run": None},
    "top-up": {"--dry-run": None},
}


def every(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from every(found, f"{before}{name} ")
        else:
            yield f"{before}{name}", found


COMMANDS = dict(every(LazyCommands()))


def called(parameter: click.Parameter) -> str:
    return parameter.opts[0] if isinstance(parameter, click.Option) else str(parameter.name)


def absurd_values(parameter: click.Parameter, folder: Path) -> list[str]:
    """Return what to try: nothing of a flag, few texts of a number or a choice."""
    if getattr(parameter, "is_flag", False):
        return []
    if not isinstance(parameter.type, click.Path | click.types.StringParamType):
        return ["-1", "0", "nan", "inf", str(10**30), NO_TEXT, ""]
    paths = [folder / "nowhere" / "at" / "all", folder / "text" / "below", folder / "text",
             folder / "noise", folder, "/proc/no/such", "/dev/null"]  # fmt: skip
    return [*TEXTS, *map(str, paths)]


def words(command: str, tried: str, value: str, folder: Path) -> list[str]:
    given = {k: v and v.format(folder=folder) for k, v in VALID.get(command, {}).items()}
    given[tried] = value
    options: list[str] = []
    arguments: list[str] = []
    for parameter in COMMANDS[command].params:
        name = called(parameter)
        if name in given:
            is_option = isinstance(parameter, click.Option)
            said = given[name]
            (options if is_option else arguments).extend(
                ([name] if said is None else [f"{name}={said}"]) if is_option else [str(said)]
            )
    return [*command.split(), *options, "--", *arguments]


@pytest.fixture
def site(filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    (tmp_path / "text").write_text("no picture\n")
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "here" / "below").mkdir(parents=True)  # ../../x may be meant: it is in tmp_path
    (tmp_path / "tmp").mkdir()
    monkeypatch.chdir(tmp_path / "here" / "below")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    for name in NOT_INSTALLED:  # they take long to import, and fetch from the network
        monkeypatch.setitem(sys.modules, name, None)
    models = tmp_path / "models"
    shutil.copytree(PROJECT / "models" / "emoji", models / "emoji")
    return create_app(replace(filled.settings, models_folder=models))


class Writes:
    """Paths that this process opens to write, makes, moves or removes, while it listens."""

    def __init__(self) -> None:
        self.listens, self.paths = False, list[str]()
        sys.addaudithook(self.hear)  # for good: Python takes none away

    def hear(self, event: str, said: tuple[Any, ...]) -> None:
        if not self.listens:
            return
        path = said[1] if event == "os.rename" else said[0] if said else None
        if not isinstance(path, str | Path):
            return
        is_new_folder = event == "os.mkdir" and not Path(path).is_dir()
        if is_new_folder or event in REMOVING or (event == "open" and said[2] & os.O_ACCMODE):
            self.paths.append(os.path.abspath(path))  # noqa: PTH100  follows no link

    def outside(self, folder: Path) -> list[str]:
        """Return what was written or removed that does not lie in ``folder``."""
        inside = (f"{folder}/", "/dev/", "/proc/")
        return [path for path in self.paths if not path.startswith(inside) and path != str(folder)]


WRITES = Writes()


def faults(done: Result, took_s: float) -> str:
    """Return what is wrong with how a command ended; nothing where it is as it should be."""
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return f"traceback: {done.exception!r}"
    said = done.stderr.strip().splitlines()
    if done.exit_code and sum(line.startswith("Error: ") for line in said) != 1:
        return f"not one line of error: {said}"
    if done.exit_code == 1 and not said[-1].startswith("Error: "):
        return f"more than one line: {said}"
    return f"{took_s:.1f} s" if took_s > LONGEST_S else ""


@pytest.mark.folder
@pytest.mark.sqlite
@pytest.mark.parametrize(
    "command",
    [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in COMMANDS],
)
def test_absurd_values_are_one_line(command: str, site: Flask, tmp_path: Path) -> None:
    assert type(COMMANDS[command]) is Command
    wrong = {}
    for parameter in COMMANDS[command].params:
        for value in absurd_values(parameter, tmp_path):
            line = words(command, called(parameter), value, tmp_path)
            WRITES.paths, began = [], time.process_time()
            WRITES.listens = True
            done = site.test_cli_runner().invoke(args=line)
            WRITES.listens = False
            found = faults(done, time.process_time() - began)
            if found or WRITES.outside(tmp_path):
                wrong[" ".join(line)[-200:]] = (found, WRITES.outside(tmp_path)[:5])
    assert not wrong, "\n".join(f"{k!r}: {v}" for k, v in wrong.items())


def test_every_command_is_tried() -> None:
    site = create_app()
    assert dict(every(site.cli)).keys() == COMMANDS.keys()
    assert VALID.keys() <= COMMANDS.keys()
