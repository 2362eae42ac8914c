"""MODEL_CARD.md of a translator: for people, what it was made from and how good it is."""

from pathlib import Path

import numpy as np

from gan.dataset.files import HELD_OUT
from gan.dataset.two_domains import domain_indices, domain_names
from gan.export.card import files_section
from gan.export.description import ModelAbout
from gan.export.translation_description import trained_on
from gan.export.translation_files import INPUT, OUTPUT
from gan.export.translation_samples import SHEET, SHEET_PAIRS
from gan.methods.cyclegan import DIRECTIONS
from gan.training.batches import on_white, to_unit
from gan.training.translators import Translators


def write_card(folder: Path, trained: Translators, about: ModelAbout, checks: list[str]) -> None:
    """Write MODEL_CARD.md about the files in ``folder``."""
    sections = [
        f"# {about.title}\n\nModel `{about.name}`, version {about.version}. Licence: "
        f"{about.licence}.\n",
        data_section(trained),
        training_section(trained),
        figures_section(trained),
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
            f"domain seen in {seen['step']:,} steps and {seen['seconds'] / 3600:.1f} hours. The "
            f"weights are the {which}, {each:,} parameters in each direction.\n",
            "| option | value |\n|---|---|",
            *rows,
            "",
        ]
    )


def counterparts(trained: Translators) -> list[tuple[int, int]]:
    """Return rows of held-out pictures of A and B that show the same thing, by their origin."""
    dataset = trained.dataset
    if not dataset.notes.get("sets"):
        return []
    a, b = domain_indices(dataset, HELD_OUT)
    of_b = {dataset.records[row].origin: int(row) for row in b}
    return [
        (int(row), of_b[dataset.records[row].origin])
        for row in a
        if dataset.records[row].origin in of_b
    ]


def figures_section(trained: Translators) -> str:
    """Return how near translations of held-out pictures come to what was really drawn."""
    pairs = counterparts(trained)
    if not pairs:
        return ""
    a, b = domain_names(trained.dataset)
    first, second = (
        on_white(trained.dataset.pictures[list(rows)]) for rows in zip(*pairs, strict=True)
    )
    lines = [
        "## Figures\n",
        f"{len(pairs)} held-out pictures are there in both domains. Mean difference in grey levels "
        "of 256 from the picture that was really drawn there, beside that of a picture left as "
        "it is; and after a way there and back, from the picture itself.\n",
        "| direction | translated | left as it is | there and back |\n|---|---|---|---|",
    ]
    for direction, given, wanted, name in (
        ("a_to_b", first, second, f"{a} to {b}"),
        ("b_to_a", second, first, f"{b} to {a}"),
    ):
        back = DIRECTIONS[1 - DIRECTIONS.index(direction)]
        made = _translated(trained, direction, to_unit(given))
        figures = [
            np.abs(made - to_unit(wanted)).mean(),
            np.abs(to_unit(given) - to_unit(wanted)).mean(),
            np.abs(_translated(trained, back, made) - to_unit(given)).mean(),
        ]
        lines.append(f"| {name} | " + " | ".join(f"{127.5 * f:.1f}" for f in figures) + " |")
    return "\n".join(lines) + "\n"


def _translated(trained: Translators, direction: str, pictures: np.ndarray) -> np.ndarray:
    return np.concatenate([np.asarray(trained.generators[direction](p[None])) for p in pictures])


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
