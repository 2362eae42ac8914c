"""One change at a time to the recipe of the shipped model, each after the same pictures.

    python -m bench.arms [--kimg 40] [--only "λ from the start"] [--train-only]

Every arm is a run of `emoji` with its schedules shrunk to so many thousand pictures, and one
thing changed; runs are kept as `arm-…-<kimg>` and go on where they were stopped. All are judged by
`flask gan evaluate`, alike.
"""

import json
import subprocess

import click

from bench.recipes import JUDGED, flask, judged
from bench.table import machine, markdown, versions
from core.settings import PROJECT, read_settings
from gan.runs.folders import run_folder

# what the recipe had when these were compared
BEFORE = {"gamma": 1.0, "final_gamma": 0.1}
# the recipe's own are for some hundred kimg
SHRUNK = {"projection_kimg": 0.3, "gamma_kimg": 0.6, "augment_kimg": 0.25}  # shares of its length
ARMS: dict[str, tuple[str, dict[str, float]]] = {
    "as it was": ("base", {}),
    "λ from the start": ("no-ramp", {"projection_kimg": 0.0}),
    "γ 0.2 to 0.02": ("weak", {"gamma": 0.2, "final_gamma": 0.02}),
    "γ 5 to 0.5": ("strong", {"gamma": 5.0, "final_gamma": 0.5}),
    # probabilities that never rise
    "no augmentation": ("plain", {"augment_kimg": 1e9}),
}


def run_name(arm: str, kimg: float) -> str:
    return f"arm-{ARMS[arm][0]}-{kimg:g}"


def words(arm: str, kimg: float) -> list[str]:
    """Return the words of the command that trains an arm."""
    changes = ARMS[arm][1]
    shrunk = {key: share * kimg for key, share in SHRUNK.items()}
    numbers = {**BEFORE, **shrunk, **changes}
    found = ["train", "--recipe", "emoji", "--run", run_name(arm, kimg), "--kimg", f"{kimg:g}"]
    for key, value in numbers.items():
        found += ["--set", f"{key}={value}"]
    return found


@click.command()
@click.option("--kimg", default=40.0, show_default=True, help="Thousands of pictures seen by each.")
@click.option(
    "--only", multiple=True, type=click.Choice(list(ARMS)), help="This arm; may be repeated."
)
@click.option("--train-only", is_flag=True, help="Judge nothing, print no table.")
def main(kimg: float, only: tuple[str, ...], train_only: bool) -> None:
    """Print the table."""
    home = read_settings({}).home
    for arm in only or ARMS:
        subprocess.run(flask(*words(arm, kimg)), cwd=PROJECT, check=True)
    if train_only:
        return
    rows = []
    for arm in only or ARMS:
        name = run_name(arm, kimg)
        subprocess.run(flask("evaluate", "--run", name), cwd=PROJECT, check=True)
        figures = json.loads((run_folder(home, name) / "evaluation.json").read_text())
        rows.append([arm, *judged(figures)])
    click.echo(f"{machine()}; {versions('tensorflow', 'keras')}")
    click.echo(f"{kimg:g} kimg each\n")
    click.echo(markdown(["arm", *JUDGED], rows))


if __name__ == "__main__":
    main()
