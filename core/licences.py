"""Under which licence pictures may be used: what the owner says, in one line of a setting."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from core.setting_checks import BadSetting

LONGEST = 300  # characters of a name or an address
EXAMPLE = "CC BY 4.0 https://creativecommons.org/licenses/by/4.0/"


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence, or other terms of use."""

    name: str
    url: str  # where its text is


CC0 = Licence("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/")


@dataclass(frozen=True, slots=True)
class Licences:
    """The site's answer to "May I use these pictures?"; None: the owner gives none."""

    generated: Licence | None
    adopted: Licence | None  # of pictures that were not made here

    def of(self, model: str | None) -> Licence | None:
        """Return the licence of a picture by its generator; None for ``model``: an adopted one."""
        return self.generated if model else self.adopted


def read_licence(variable: str, text: str) -> Licence | None:
    """Return the licence that ``"CC0 1.0 https://…"`` means: a name, then an address.

    None for an empty text. Raises `BadSetting`.
    """
    if not text.strip():
        return None
    name, _, url = text.strip().rpartition(" ")
    name = name.strip()
    if not name or not text.isprintable() or not _is_address(url) or len(text) > LONGEST:
        raise BadSetting(
            f"{variable}={text[:60]!r} is no licence",
            f"write its name, then its address, for example: {EXAMPLE}; empty: none is named",
        )
    return Licence(name, url)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
