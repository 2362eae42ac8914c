"""Finding models by name: models/<name>/<version>/, the highest version unless one is given."""

import os
from collections.abc import Callable
from pathlib import Path

from core.errors import NonesuchError
from core.slugs import nearest
from sources.description import Model, read_model
from sources.source import Source


class UnknownModel(NonesuchError):
    """A model that is not in the models folder."""


def model_names(models_folder: Path) -> list[str]:
    """Return the names of the models that have at least one version."""
    if not models_folder.is_dir():
        return []
    return sorted(p.name for p in models_folder.iterdir() if p.is_dir() and _versions(p))


def _versions(folder: Path) -> list[int]:
    return sorted(int(p.name) for p in folder.iterdir() if p.name.isdigit() and p.is_dir())


def find_model(models_folder: Path, wanted: str) -> Model:
    """Return the model ``name`` or ``name/version``. Raises `UnknownModel`, `BadModel`."""
    name, _, version = wanted.partition("/")
    known = model_names(models_folder)
    if name not in known:
        close = nearest(name, known)
        hint = f"did you mean {close}?" if close else f"there are: {', '.join(known) or 'none'}"
        raise UnknownModel(f"there is no model {name!r}", hint)
    versions = _versions(models_folder / name)
    if version and (not version.isdigit() or int(version) not in versions):
        raise UnknownModel(
            f"model {name} has no version {version!r}",
            f"there are: {', '.join(map(str, versions))}",
        )
    return read_model(models_folder / name / (version or str(versions[-1])))


def open_source(model: Model, threads: int | None = None) -> Source:
    """Load a model's weights; ``threads``: as many as there are cores by default."""
    from sources.litert import LiteRTSource

    return LiteRTSource(model, threads or os.cpu_count() or 1)


def display_names(models_folder: Path) -> Callable[[str], str]:
    """Return slug → display name as the newest models say; other slugs with spaces."""
    names: dict[str, str] = {}
    for name in model_names(models_folder):
        try:
            model = find_model(models_folder, name)
        except NonesuchError:
            continue  # a broken model must not keep an index from being rebuilt
        for category in model.categories:
            names.setdefault(category.slug, category.name)
    return lambda slug: names.get(slug, slug.replace("_", " "))
