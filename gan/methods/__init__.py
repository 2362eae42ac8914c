"""Methods: how a recipe trains. A module here has ``Options``, ``models`` and ``build``.

``Options`` is a `gan.training.options.RunOptions` with the numbers of the method;
``models(options, dataset)`` returns fresh networks by name, for people to read;
``build(options, dataset, policy, home, echo)`` the `gan.training.method.Method` that holds
networks and optimizers and makes one step.
"""

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

from core.slugs import check_known

if TYPE_CHECKING:
    from gan.training.options import RunOptions


def method_module(name: str) -> ModuleType:
    """Return a method's module. Raises `core.slugs.UnknownSlug` when there is none."""
    check_known(name, sorted(found.name for found in pkgutil.iter_modules(__path__)), "method")
    return importlib.import_module(f"{__name__}.{name}")


def options_class(name: str) -> "type[RunOptions]":
    """Return the dataclass of a method's options."""
    options: type[RunOptions] = method_module(name).Options
    return options
