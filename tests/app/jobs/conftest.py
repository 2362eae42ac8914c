"""A tiny model and the command line over it, as the tests of pregen have them."""

from tests.pregen.conftest import flask_command, models, settings

__all__ = ["flask_command", "models", "settings"]
