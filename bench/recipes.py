"""Recipes side by side: each trained on the emoji for the same processor time, judged alike.

    python -m bench.recipes [--minutes 30] [--only emoji] [--only wgan] [--cores 2]

A recipe has used its time when its process has used so many minutes of so many cores, whatever
else the machine is doing: reading data, compiling and drawing grids are in it. Runs are kept as
`table-<recipe>`; one that has used its time is not trained again, so what was stopped goes on. A
run ends at the checkpoint that Ctrl-C writes, and is judged by `flask gan evaluate`, by 5,000
pictures at the recipe's own truncation. Labels are used by those that have them.

All see the 64 px emoji on white without the black line drawings, but for recipes of a size of
their own. Kernel distances and rates are those of EfficientNet-lite2's features. CycleGAN redraws
pictures instead of making them, flat emoji as 3D ones and back, and has a table of its own.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import psutil

from bench.table import machine, markdown, versions
from core.settings import PROJECT, read_settings
from gan.evaluation.metrics import FLOOR, GENERATED
from gan.evaluation.translating import CONTROL as LEFT_ALONE
from gan.evaluation.translating import FLOOR as REALLY_DRAWN
from gan.evaluation.translating import TRANSLATED
from gan.runs.folders import run_folder

# what makes a recipe see the pictures of the others; its truncation where there is one
RECIPES: dict[str, tuple[list[str], list[str]]] = {
    "wgan": (["--dataset", "emoji-64", "--set", "leave_out_styles=streamline-emojis"], []),
    "wgan-gp": (["--dataset", "emoji-64", "--set", "leave_out_styles=streamline-emojis"], []),
    "sagan-small": ([], []),
    "stylegan-small": ([], []),
    "emoji": ([], []),
}
TRANSLATORS: dict[str, list[str]] = {
    # as it was when its hour was over: what made the shipped model came after it
    "cyclegan-small": [
        "--set",
        "upsampling=transposed",
        "--set",
        "halvings=3",
        "--set",
        "cycle_weight=10",
    ],
}
USED = "processor_seconds.json"


def flask(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "app", "gan", *words]


def train(run: Path, words: list[str], seconds: float) -> None:
    """Train until a run's processes have used so many seconds of processor time in all."""
    kept = run / USED
    before = json.loads(kept.read_text())["seconds"] if kept.exists() else 0.0
    if before >= seconds:
        return
    process = subprocess.Popen(
        flask("train", *words),
        cwd=PROJECT,
        # what is run in the background would hand on that Ctrl-C is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    used, watched, asked = 0.0, psutil.Process(process.pid), False
    try:
        while process.poll() is None:
            time.sleep(1)
            try:
                times = watched.cpu_times()
            except psutil.Error:
                break
            used = times.user + times.system
            if before + used >= seconds and not asked:
                process.send_signal(signal.SIGINT)
                asked = True
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        raise
    finally:
        process.wait()
        if run.is_dir():
            kept.write_text(json.dumps({"seconds": before + used}))
    if process.returncode:
        raise click.ClickException(f"{run.name} ended with status {process.returncode}")


def read(figures: dict[str, Any], trained_on: str, pictures: str) -> str:
    """Return how often a classifier reads the right category, in percent."""
    found = [
        row["top1"]
        for row in figures.get("read_linear", [])
        if (row["trained_on"], row["pictures"]) == (trained_on, pictures)
    ]
    return f"{100 * found[0]:.1f}" if found and found[0] is not None else ""


def judged(figures: dict[str, Any]) -> list[str]:
    """Return what an evaluation found, under `JUDGED`."""
    rows = {row["pictures"]: row for row in figures["distances"][0]["rows"]}
    made, floor = rows[GENERATED], rows[FLOOR]
    told = next(
        row
        for row in figures["real_or_generated"]
        if (row["pictures"], row["from"]) == (GENERATED, "held-out")
    )
    return [
        f"{made['kernel'] - floor['kernel']:.3f}",
        *(f"{made[measure]:.2f}" for measure in ("precision", "recall", "coverage")),
        read(figures, "real pictures", "generated"),
        read(figures, "generated pictures", "real, held-out concepts"),
        f"{100 * told['by_features']:.1f}",
    ]


JUDGED = [
    "kernel distance over the floor", "precision", "recall", "coverage",
    "read by a real reader, %", "reader of generated on real, %", "told from real, %",
]  # fmt: skip


def line(name: str, run: Path) -> list[str]:
    """Return a recipe's line of the table."""
    figures = json.loads((run / "evaluation.json").read_text())
    seconds = json.loads((run / USED).read_text())["seconds"]
    seen = figures["pictures_seen"]
    return [name, f"{seen / 1000:.0f}", f"{seen / seconds:.1f}", *judged(figures)]


HEADER = ["recipe", "kimg seen", "pictures per s of a core", *JUDGED]


def translator_lines(name: str, run: Path) -> list[list[str]]:
    """Return a translator's lines: both directions, translated and left as they are."""
    figures = json.loads((run / "evaluation.json").read_text())
    seconds = json.loads((run / USED).read_text())["seconds"]
    seen = figures["pictures_seen"]
    lines = []
    for way in figures["directions"]:
        rows = {row["pictures"]: row for row in way["rows"]}
        floor = rows[REALLY_DRAWN]["kernel"]
        for kind in (TRANSLATED, LEFT_ALONE):
            row = rows[kind]
            lines.append(
                [
                    name,
                    f"{seen / 1000:.1f}",
                    f"{seen / seconds:.1f}",
                    f"{way['from']} to {way['to']}, {kind.split(' (')[0]}",
                    f"{row['kernel'] - floor:.3f}",
                    f"{100 * row['taken_for_target']:.1f}",
                    f"{100 * row['counterpart_found']:.1f}",
                    f"{row['counterpart_difference']:.1f}",
                ]
            )
    return lines


TRANSLATORS_HEADER = [
    "recipe", "kimg seen", "pictures of each domain per s of a core", "held-out pictures",
    "kernel distance over the floor", "taken for the target, %", "counterpart found, %",
    "grey levels from it",
]  # fmt: skip


@click.command()
@click.option("--minutes", default=30.0, show_default=True)
@click.option("--cores", default=os.cpu_count() or 1, show_default=True)
@click.option("--only", multiple=True, type=click.Choice([*RECIPES, *TRANSLATORS]))
@click.option("--train-only", is_flag=True, help="Judge nothing, print no table.")
def main(minutes: float, cores: int, only: tuple[str, ...], train_only: bool) -> None:
    """Print the tables."""
    home = read_settings({}).home
    runs = {name: run_folder(home, f"table-{name}") for name in only or (*RECIPES, *TRANSLATORS)}
    for name, run in runs.items():
        words = TRANSLATORS[name] if name in TRANSLATORS else RECIPES[name][0]
        train(run, ["--recipe", name, "--run", run.name, *words], minutes * 60 * cores)
    if train_only:
        return
    rows, translated = [], []
    for name, run in runs.items():
        words = RECIPES[name][1] if name in RECIPES else []
        subprocess.run(flask("evaluate", "--run", run.name, *words), cwd=PROJECT, check=True)
        if name in RECIPES:
            rows.append(line(name, run))
        else:
            translated += translator_lines(name, run)
    click.echo(f"{machine()}; {versions('tensorflow', 'keras')}")
    click.echo(f"{minutes:g} minutes of {cores} cores each\n")
    if rows:
        click.echo(markdown(HEADER, rows))
    if translated:
        click.echo(markdown(TRANSLATORS_HEADER, translated))


if __name__ == "__main__":
    main()
