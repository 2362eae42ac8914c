"""Writing a whole model folder, checked before it appears."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.files import folder_written_whole
from core.slugs import slugify
from gan.evaluation.report import EVALUATION_FILE
from gan.export.card import write_card
from gan.export.check import BadExport, check_export, expected_pictures, fixed_inputs
from gan.export.description import ModelAbout, describe
from gan.export.hiding import hidden_categories
from gan.export.litert import write_litert
from gan.export.serving import write_saved_model
from gan.methods.trained import Trained
from gan.networks.generator import width_of
from sources.spec.finish import FROM_PX, SIZES_PX
from sources.spec.litert_file import sha256_of


def default_title(trained: Trained) -> str:
    count = width_of(trained.networks, "category")
    categories = f" in {count} categories" if count > 1 else ""
    return f"Pictures like {trained.dataset.name}{categories}, {trained.networks.size_px} px"


def default_licence(trained: Trained) -> str:
    """Return the licence of the weights and of the pictures they were trained on."""
    left_out = trained.options.leave_out_styles
    sets = [s for s in trained.dataset.notes.get("sets", []) if s["style"] not in left_out]
    licences = sorted({s["licence"] for s in sets})
    return f"MIT; trained on pictures under {', '.join(licences)}" if licences else "not stated"


def next_version(models: Path, name: str) -> int:
    """Return 1 more than the highest version of a model, 1 for the first."""
    taken = [int(path.name) for path in (models / name).glob("*") if path.name.isdigit()]
    return max(taken, default=0) + 1


def check_name(name: str) -> None:
    """Raise `BadExport` unless ``name`` can be a folder and a part of an address."""
    if name != slugify(name):
        raise BadExport(f"{name!r} cannot name a model", f"try {slugify(name)}")


def _check_finish(trained: Trained, finish_px: int) -> None:
    """Raise `BadExport` unless a generator's pictures can be finished at that size."""
    networks = trained.networks
    fits = networks.picture_channels == 3 and FROM_PX[0] <= networks.size_px <= FROM_PX[1]
    if finish_px and not fits:
        raise BadExport(
            f"a finish is for pictures of 3 channels and {FROM_PX[0]} to {FROM_PX[1]} px, not of "
            f"{networks.picture_channels} and {networks.size_px}",
            "leave --finish out",
        )
    if finish_px and not max(SIZES_PX[0], networks.size_px) <= finish_px <= SIZES_PX[1]:
        raise BadExport(
            f"--finish {finish_px} is not between {max(SIZES_PX[0], networks.size_px)} and "
            f"{SIZES_PX[1]}",
            "for example: --finish 512",
        )


def read_evaluation(run: Path) -> dict[str, Any] | None:
    """Return what `flask gan evaluate` wrote into a run's folder, or None."""
    try:
        found: dict[str, Any] = json.loads((run / EVALUATION_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def export_model(
    trained: Trained,
    about: ModelAbout,
    models: Path,
    evaluation: dict[str, Any] | None,
    echo: Callable[[str], None],
    replace: bool = False,
) -> Path:
    """Write models/<name>/<version>/ and return it; it appears whole and checked, or not at all.

    Raises `BadExport` when the version is there already, or when the files' pictures are not
    the generator's.
    """
    check_name(about.name)
    folder = models / about.name / str(about.version)
    if folder.exists() and not replace:
        raise BadExport(
            f"{folder} exists", "give another --version, or --replace if nobody serves it"
        )
    _check_finish(trained, about.finish_px)
    inputs = fixed_inputs(trained.networks, trained.styles)
    expected = expected_pictures(trained.generator, trained.networks, inputs)
    with folder_written_whole(folder) as temporary:
        echo("writing the SavedModel")
        write_saved_model(
            trained.generator, trained.networks, temporary, exact=about.precision == "float32"
        )
        echo(f"writing the LiteRT file ({about.precision})")
        litert = temporary / "model.tflite"
        write_litert(trained.generator, trained.networks, about.precision, litert)
        hidden = hidden_categories(about.truncations, folder, echo)
        described = describe(trained, about, sha256_of(litert.read_bytes()), hidden)
        (temporary / "model.toml").write_text(described, encoding="utf-8")
        checks = check_export(
            temporary,
            inputs,
            expected,
            about.precision,
            trained.networks.output,
            trained.networks.rounding,
        )
        for line in checks:
            echo(line)
        write_card(temporary, trained, about, checks, evaluation)
    return folder
