"""The sentences around a category's display name."""

import re
from functools import lru_cache

# said with a consonant first though written with a vowel, and the other way round
_LIKE_YOU = re.compile(r"(?:uni(?!n|m)|us[aeu]|eu|ewe|one\b|once|ukulele|utensil)", re.IGNORECASE)
_SILENT_H = re.compile(r"(?:hour|heir|honest|honou?r)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def with_article(name: str) -> str:
    """Return ``a mammal``, ``an aircraft``, ``an hourglass``, ``a unicycle``."""
    vowel = name[:1].lower() in "aeiou" and not _LIKE_YOU.match(name)
    return f"{'an' if vowel or _SILENT_H.match(name) else 'a'} {name}"


def title_of(name: str) -> str:
    """Return the page's sentence."""
    return f"This {name} does not exist"


def answer_text(name: str) -> str:
    """Return what a round of the game was about."""
    return f"It is {with_article(name)}."


def alternative_text(name: str) -> str:
    """Return what a picture is, for who does not see it."""
    return f"A generated picture of {with_article(name)} that does not exist"
