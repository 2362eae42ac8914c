"""Recipes: the options of a run by name. Adding one is adding a file here with ``OPTIONS``."""

import importlib
import pkgutil
from typing import TYPE_CHECKING

from core.slugs import check_known

if TYPE_CHECKING:
    from gan.runs.options import RunOptions


def recipe_names() -> list[str]:
    """Return the names of all recipes, sorted, a hyphen for each underscore; imports none."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def check_recipe(name: str) -> None:
    """Raise `core.slugs.UnknownSlug`, which suggests the nearest, when there is no such recipe."""
    check_known(name, recipe_names(), "recipe")


def read_recipe(name: str) -> "RunOptions":
    """Return a recipe's options. Raises what `check_recipe` raises."""
    check_recipe(name)
    options: RunOptions = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").OPTIONS
    return options
