"""Writes docs/cli.md and docs/settings.md from the code; with --check only compares.

python -m docs.generate [--check]
"""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from core.settings import PROJECT, Settings, variable_of

DOCS = Path(__file__).resolve().parent
WIDTH = 88


def cli_document() -> str:
    """Return the help of every command under `flask`, groups before what is in them."""
    from app import create_app
    from core.settings import read_settings

    parts = [
        "# Commands\n",
        "All of them are `flask <command>`, in the project's folder, in its virtual environment\n"
        "(`. .venv/bin/activate`). Generated from the code by `make docs`.\n",
    ]
    root = create_app(read_settings({"SECRET_KEY": "not used here"})).cli  # else it makes one
    with click.Context(root, info_name="flask", terminal_width=WIDTH) as context:
        for path, text in _helps(root, context):
            parts.append(f"## {path}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _helps(group: click.Group, context: click.Context) -> Iterator[tuple[str, str]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        with click.Context(command, parent=context, info_name=name, terminal_width=WIDTH) as inner:
            yield inner.command_path, command.get_help(inner)
            if isinstance(command, click.Group):
                yield from _helps(command, inner)


def settings_document() -> str:
    """Return a table of every setting: its variable, default and meaning."""
    rows = [
        f"| `{variable_of(field.name)}` | {_shown(field.default)} | {field.metadata['help']} |"
        for field in dataclasses.fields(Settings)
    ]
    return "\n".join(
        [
            "# Settings\n",
            "All settings are environment variables, or lines of a file `.env` in the project's\n"
            "folder, which the environment goes before. One that begins with `NONESUCH_` and is\n"
            "not in this list is an error. Generated from the code by `make docs`.\n",
            "| variable | default | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _shown(default: object) -> str:
    if isinstance(default, Path) and default.is_relative_to(PROJECT):
        default = default.relative_to(PROJECT)
    if isinstance(default, tuple):
        default = ",".join(default)
    return f"`{default}`" if default != "" else "empty"


DOCUMENTS = {"cli.md": cli_document, "settings.md": settings_document}


def main(words: list[str]) -> int:
    outdated = []
    for name, make in DOCUMENTS.items():
        path, text = DOCS / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        outdated.append(f"docs/{name}")
        if "--check" not in words:
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/{name}")
    if outdated and "--check" in words:
        print(f"error: {' and '.join(outdated)} outdated: run make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
