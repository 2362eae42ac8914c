"""Every benchmark in one run, into one document.

    python -m bench [--only site] [--write]

First a table of all ratios, then each benchmark's own tables. ``--write`` puts them between the
marks of docs/benchmarks.md and leaves what stands around them. Sizes are small enough for one
run; what takes longer, ten million rows, is `python -m bench.pick` by itself.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from bench.table import DOCUMENT, machine, markdown, put_between_marks, versions
from core.settings import PROJECT

SUITE: dict[str, list[str]] = {
    "site": ["--seconds", "2"],
    "rows": ["--seconds", "1", "--rows", "3600", "--rows", "1000000"],
    "pick": ["--rows", "3600", "--rows", "100000", "--rows", "1000000"],
    "pregen": ["--rounds", "3"],
    "engine": [],
    "sources": ["--served", "--pictures", "128", "--rounds", "3"],
    "encoders": ["--pictures", "48"],
    "finishing": ["--pictures", "100", "--emoji", "500"],
    "live": ["--seconds", "4", "--rounds", "2", "--pictures", "1200"],
    "train": ["--rounds", "3"],
}
PACKAGES = ("granian", "flask", "sqlalchemy", "pillow", "ai-edge-litert", "tensorflow", "ray")
BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"


def run(name: str, notes: Path) -> str:
    """Run one benchmark and return what it prints. Raises `click.ClickException`."""
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *SUITE[name]],
        cwd=PROJECT,
        env={**os.environ, "BENCH_NOTES": str(notes), "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise click.ClickException(f"bench.{name} ended with status {done.returncode}")
    return done.stdout.strip()


def section(name: str, printed: str) -> str:
    """Return a benchmark's part of the document; its docstring says how it measures."""
    about = (importlib.import_module(f"bench.{name}").__doc__ or "").strip()
    title, _, rest = about.partition("\n\n")
    how = "\n\n".join(p for p in rest.split("\n\n") if not p.lstrip().startswith("python -m"))
    command = " ".join(["python -m", f"bench.{name}", *SUITE[name]])
    head = " ".join(title.split()).rstrip(".")
    return "\n\n".join(part for part in (f"## {head}", f"`{command}`", how, printed) if part)


def ratios(notes: Path) -> str:
    """Return the table of all ratios."""
    found = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    rows = [[each["what"], f"{each['found']:.2f}", each["wanted"]] for each in found]
    return markdown(["", "measured", "wanted"], rows)


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(SUITE)))
@click.option("--write", is_flag=True, help="Into docs/benchmarks.md.")
def main(only: tuple[str, ...], write: bool) -> None:
    """Run them, one after the other."""
    if write and only:
        raise click.UsageError("--write takes the whole suite: leave --only away")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.jsonl"
        notes.touch()
        sections = []
        for name in only or SUITE:
            click.echo(f"{name} … ({(time.monotonic() - started) / 60:.1f} min)", err=True)
            sections.append(section(name, run(name, notes)))
        minutes = (time.monotonic() - started) / 60
        head = f"{machine()}; {versions(*PACKAGES)}. Measured in one run of {minutes:.0f} minutes."
        whole = "\n\n".join([head, ratios(notes), *sections])
    if write:
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(put_between_marks(text, BEGIN, END, whole), encoding="utf-8")
        click.echo(f"written to {DOCUMENT.relative_to(PROJECT)}")
    else:
        click.echo(whole)


if __name__ == "__main__":
    main()
