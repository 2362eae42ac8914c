"""MODEL_CARD.md of a translator: for people, what it was made from and how good it is."""

from pathlib import Path
from typing import Any

from core.durations import in_words
from gan.dataset.files import HELD_OUT
from gan.dataset.two_domains import domain_indices, domain_names
from gan.evaluation.translating import translation_tables
from gan.export.card import files_section, markdown
from gan.export.description import ModelAbout
from gan.export.translation.description import trained_on
from gan.export.translation.files import INPUT, OUTPUT
from gan.export.translation.samples import SHEET, SHEET_PAIRS
from gan.methods.cyclegan import DIRECTIONS
from gan.methods.translators import Translators


def write_card(
    folder: Path,
    trained: Translators,
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
        samples_section(folder),
        use_section(trained),
        files_section(folder, checks),
    ]
    text = "\n".join(section for section in sections if section)
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")


def data_section(trained: Translators) -> str:
    """Return which pictures, under which licences, by whom."""
    dataset = trained.dataset
    a, b = domain_names(dataset)
    held = [len(rows) for rows in domain_indices(dataset, HELD_OUT)]
    lines = [
        "## Data\n",
        f"Data set `{trained.options.dataset}`, {dataset.size_px} px: {trained_on(trained)}; "
        f"{held[0]} and {held[1]} are held out. The two are not paired in training.\n",
    ]
    if sets := dataset.notes.get("sets", []):
        lines += ["| domain | style | package | licence | by |", "|---|---|---|---|---|"]
        names = dict(zip(dataset.styles, (a, b), strict=True))
        for found in sets:
            lines.append(
                f"| {names[found['domain']]} | {found['style']} "
                f"| [{found['package']} {found['version']}]({found['url']}) "
                f"| {found['licence']} | {found['credit']} |"
            )
        lines.append("\nThe drawings were rendered to pixels on white; nothing else was changed.")
    else:
        lines.append("The pictures are the owner's; their licences are not stated.")
    return "\n".join(lines) + "\n"


def training_section(trained: Translators) -> str:
    """Return the recipe, how much was seen, and every option."""
    options, seen = trained.options, trained.about
    rows = [
        f"| {name} | {', '.join(map(str, value)) if isinstance(value, tuple) else value} |"
        for name, value in vars(options).items()
    ]
    which = "running average (EMA) of the generators" if options.ema_kimg else "last"
    each = trained.generators[DIRECTIONS[0]].count_params()
    return "\n".join(
        [
            "## Training\n",
            f"Recipe `{options.recipe}` (CycleGAN): {seen['pictures_seen']:,} pictures of each "
            f"domain seen in {seen['step']:,} steps and {in_words(seen['seconds'])}. The "
            f"weights are the {which}, {each:,} parameters in each direction.\n",
            "| option | value |\n|---|---|",
            *rows,
            "",
        ]
    )


def figures_section(evaluation: dict[str, Any] | None) -> str:
    """Return the tables of evaluation.json, each with what it says."""
    if evaluation is None:
        return "## Figures\n\nNot measured: `flask gan evaluate` was not run before the export.\n"
    parts = [
        "## Figures\n",
        f"After {evaluation['pictures_seen']:,} pictures of each domain, of held-out pictures of "
        f"data set `{evaluation['data_set']}`.\n",
    ]
    parts += [markdown(table) for table in translation_tables(evaluation)]
    return "\n".join(parts)


def samples_section(folder: Path) -> str:
    """Return the sheet of held-out pictures and what it shows."""
    if not (folder / SHEET).is_file():
        return ""
    return (
        f"## Samples\n\n![held-out pictures and their translations]({SHEET})\n\n"
        f"{SHEET_PAIRS} held-out pictures of each domain, evenly spread over the data set and not "
        "chosen, each before its translation.\n"
    )


def use_section(trained: Translators) -> str:
    """Return how to call it, and what not to expect."""
    size = trained.dataset.size_px
    return f"""\
## Use

The site has it at `/translate`. By hand, without TensorFlow:

```python
from ai_edge_litert.interpreter import Interpreter

a_to_b = Interpreter("model.tflite").get_signature_runner("a_to_b")  # or "b_to_a"
translation = a_to_b({INPUT}=picture)["{OUTPUT}"]  # float32 [1, {size}, {size}, 3] in [-1, 1]
```

The SavedModel has both signatures with any batch; `serving_default` is `a_to_b`.

Limits: {size} px, no transparency. It has seen {trained_on(trained)}, and nothing else: of
anything else it makes what it can, which is rubbish as often as not.
"""
