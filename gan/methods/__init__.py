"""Methods: how a recipe trains. A module of `NAMES` has ``Options``, ``models`` and ``build``.

``Options`` is a `gan.runs.options.RunOptions` with the numbers of the method;
``models(options, dataset)`` returns fresh networks by name, for people to read;
``build(options, dataset, policy, home, echo)`` the `gan.methods.method.Method` that holds
networks and optimizers and makes one step.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from core.slugs import check_known

if TYPE_CHECKING:
    from gan.runs.options import RunOptions


NAMES = (
    "concepts", "cyclegan", "projected", "relativistic", "sagan", "stylegan", "upscaled", "wgan",
)  # fmt: skip
# as recorded by runs of before
FORMER = {"hinge": "sagan", "style": "stylegan", "upscaling": "upscaled", "wasserstein": "wgan"}


def method_module(name: str) -> ModuleType:
    """Return a method's module. Raises `core.slugs.UnknownSlug` when there is none."""
    name = FORMER.get(name, name)
    check_known(name, list(NAMES), "method")
    return importlib.import_module(f"{__name__}.{name}")


def options_class(name: str) -> "type[RunOptions]":
    """Return the dataclass of a method's options."""
    options: type[RunOptions] = method_module(name).Options
    return options
