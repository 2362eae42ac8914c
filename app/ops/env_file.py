"""`.env`: variables of the environment in a file, for who does not want to type them each time."""

import os
from pathlib import Path

from dotenv.parser import parse_stream

from core.settings import PROJECT, BadSetting

ENV_FILE = PROJECT / ".env"


def load_env_file(path: Path = ENV_FILE) -> None:
    """Put what the file says into the environment, where that is silent. Raises `BadSetting`."""
    try:
        with path.open(encoding="utf-8") as file:
            found = list(parse_stream(file))
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise BadSetting(f"{path} cannot be read ({reason})", "mend it, or delete it") from error
    for each in found:
        if each.error:
            text = each.original.string.lstrip()
            line = each.original.line + each.original.string[: -len(text)].count("\n")
            raise BadSetting(
                f"{path}, line {line}: {text.strip()[:40]!r} sets no variable",
                "write for example: NONESUCH_SITE_NAME=Small Horses",
            )
    from dotenv import dotenv_values

    for variable, value in dotenv_values(path, interpolate=False).items():
        if value is not None:
            os.environ.setdefault(variable, value)
