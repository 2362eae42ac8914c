"""MODEL_CARD.md: for people, what a model was made from and how good it is."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.durations import in_words
from gan.evaluation.metrics import FORMAT
from gan.evaluation.tables import FigureTable, tables
from gan.evaluation.truncations import truncation_table
from gan.export.description import ModelAbout
from gan.methods import options_class
from gan.methods.trained import Trained
from gan.networks.generator import GeneratorInput, width_of


def write_card(
    folder: Path,
    trained: Trained,
    about: ModelAbout,
    checks: list[str],
    evaluation: dict[str, Any] | None,
) -> None:
    """Write MODEL_CARD.md about the files in ``folder``."""
    sections = [
        f"# {about.title}\n\nModel `{about.name}`, version {about.version}. Licence: "
        f"{about.licence}.\n",
        data_section(trained),
        training_section(trained),
        figures_section(evaluation),
        truncation_section(about),
        use_section(trained, about),
        files_section(folder, checks),
    ]
    text = "\n".join(section for section in sections if section)
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")


def data_section(trained: Trained) -> str:
    """Return which pictures, under which licences, by whom."""
    dataset = trained.dataset
    lines = [
        "## Data\n",
        f"Data set `{trained.options.dataset}`: {len(dataset.categories)} categories, "
        f"{dataset.size_px} px.\n",
    ]
    if sets := dataset.notes.get("sets", []):
        lines += [
            "| style | package | licence | by | pictures | trained on |",
            "|---|---|---|---|---|---|",
        ]
        for found in sets:
            used = "no" if found["style"] in trained.options.leave_out_styles else "yes"
            lines.append(
                f"| {found['style']} | [{found['package']} {found['version']}]({found['url']}) "
                f"| {found['licence']} | {found['credit']} | {found['pictures']} | {used} |"
            )
        lines.append("\nThe drawings were rendered to pixels; nothing else was changed.")
    else:
        lines.append("The pictures are the owner's; their licences are not stated.")
    return "\n".join(lines) + "\n"


def training_section(trained: Trained) -> str:
    """Return the recipe, how much was seen, and every option."""
    lines = ["## Training\n", *_runs(trained.about, asdict(trained.options))]
    count = trained.generator.count_params()
    return "\n".join([*lines, f"The whole has {count:,} parameters.\n"])


def _runs(about: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """Return what a run did, after those that it builds on."""
    kind = options_class(options["method"])
    lines = _run_lines(about, options)
    if kind.pretrained_credit:
        lines.insert(1, f"{kind.pretrained_credit}\n")
    before = about.get("made_from")
    if not before:
        return lines
    if "model" in before:
        return [f"Begins with the weights of the model {before['model']}; see its card.\n", *lines]
    link = (
        "Taken up by another run, which trained the same networks further.\n"
        if kind.continues_weights
        else "Behind it another network, trained afterwards, while what draws stayed as it was.\n"
    )
    return [*_runs(before, before["options"]), link, *lines]


def _run_lines(seen: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """Return what one run did; ``seen`` is what its checkpoint says of itself."""
    averaged = any(value for name, value in options.items() if name.startswith("ema_"))
    return [
        f"Recipe `{seen['recipe']}`: {seen['pictures_seen']:,} pictures seen in "
        f"{seen['step']:,} steps and {in_words(seen['seconds'])}. The weights are "
        f"{'their running average (EMA)' if averaged else 'the last'}.\n",
        "| option | value |\n|---|---|",
        *(f"| {name} | {_shown(value)} |" for name, value in options.items()),
        "",
    ]


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def figures_section(evaluation: dict[str, Any] | None) -> str:
    """Return the tables of evaluation.json, each with what it says."""
    if evaluation is None or evaluation.get("format") != FORMAT:
        return "## Figures\n\nNot measured: `flask gan evaluate` was not run before the export.\n"
    low, high = evaluation["truncation"]
    parts = [
        "## Figures\n",
        f"Of {evaluation['generated']:,} uncurated pictures at truncation {low:g} to {high:g}, "
        f"{evaluation['pictures_seen']:,} pictures seen, against data set "
        f"`{evaluation['data_set']}`: {evaluation['training_pictures']:,} pictures trained on, "
        f"{evaluation['held_out_pictures']:,} held out, whole concepts each. What a figure is "
        "worth shows beside it: the floor is what real pictures reach, the control what blurred "
        "and noisy ones do.\n",
    ]
    parts += [markdown(table) for table in tables(evaluation)]
    return "\n".join(parts)


def truncation_section(about: ModelAbout) -> str:
    """Return the ranges of truncation, where they were chosen."""
    if about.truncations is None:
        return ""
    return markdown(truncation_table(about.truncations))


def markdown(table: FigureTable) -> str:
    """Return a table with its title and note."""
    lines = [list(table.head), ["---"] * len(table.head), *table.rows]
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"### {table.title}\n\n{table.note}\n\n{rows}\n"


def use_section(trained: Trained, about: ModelAbout) -> str:
    """Return how to call it, and what not to expect."""
    n = trained.networks
    arguments = "\n".join(
        f"    {given.name}={given.name},  # {_meaning(given, trained.styles)}" for given in n.inputs
    )
    known = width_of(n, "category")
    knows = f"its {known} categories" if known else f"what `{trained.dataset.name}` shows"
    kind = "transparent pictures" if n.picture_channels == 4 else "pictures on white"
    return f"""\
## Use

`flask pregen --model {about.name}` fills the store. By hand, without TensorFlow (model.toml says
the same to machines):

```python
from ai_edge_litert.interpreter import Interpreter

serve = Interpreter("model.tflite").get_signature_runner("serve_8")
pictures = serve(
{arguments}
)["{n.output}"]  # float32 [8, {n.size_px}, {n.size_px}, {n.picture_channels}] in [-1, 1]
```

The SavedModel has the same inputs with any batch (`serving_default`), and `png`, whose output
`image_bytes` holds PNG files.

Limits: {n.size_px} px; {kind}; categories with few or very different drawings come out
vague; it knows nothing but {knows}. A picture may resemble one it was trained
on.
"""


def _meaning(given: GeneratorInput, styles: list[int]) -> str:
    shape = f"float32 [{', '.join(map(str, (8, *given.shape)))}]"
    if given.kind in ("latent", "noise"):
        drawn = {
            "truncated_normal": "standard normal cut at ±2",
            "normal": "standard normal",
            "uniform": f"uniform in {list(given.range)}",
        }[given.distribution]
        return f"{shape}, {drawn}" + (f"; {given.note}" if given.note else "")
    if given.kind == "category":
        return f"{shape}, one-hot"
    if given.kind == "choice":
        return f"{shape}, one-hot, among {styles}"
    return f"{shape}, 0.02-1: less is tamer"


def files_section(folder: Path, checks: list[str]) -> str:
    """Return sizes and SHA-256 of the files, and how far their pictures are from Keras's."""
    rows = [
        f"| {path.relative_to(folder)} | {path.stat().st_size:,} "
        f"| `{hashlib.sha256(path.read_bytes()).hexdigest()}` |"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "MODEL_CARD.md"
    ]
    checked = [f"- {line}" for line in checks]
    return "\n".join(
        [
            "## Files\n",
            "| file | bytes | SHA-256 |\n|---|---|---|",
            *rows,
            "\nChecked on export, in [-1, 1], where one grey level is 7.8e-03:\n",
            *checked,
            "",
        ]
    )
