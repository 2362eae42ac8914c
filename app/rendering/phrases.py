"""The sentences around a category's display name, in the words of the site's owner if any."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup, escape

from app.identity.identity import CategoryWords, Identity
from store.queries.rows import Picture

# said with a consonant first though written with a vowel, and the other way round
_LIKE_YOU = re.compile(r"(?:uni(?!n|m)|us[aeu]|eu|ewe|one\b|once|ukulele|utensil)", re.IGNORECASE)
_SILENT_H = re.compile(r"(?:hour|heir|honest|honou?r)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def with_article(name: str) -> str:
    """Return ``a mammal``, ``an aircraft``, ``an hourglass``, ``a unicycle``."""
    vowel = name[:1].lower() in "aeiou" and not _LIKE_YOU.match(name)
    return f"{'an' if vowel or _SILENT_H.match(name) else 'a'} {name}"


class Said(NamedTuple):
    """What a page says of a picture."""

    title: str  # the sentence
    heading: Markup  # the sentence, with its emphasis
    alternative: str  # what a picture is, for who does not see it


class Phrases:
    """Sentences of pictures and categories; those that were made are kept."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._variants = len(identity.sentences)
        self._made = lru_cache(maxsize=4096)(self._make)

    def of(self, picture: Picture) -> Said:
        """Return what is said of a picture: always the same."""
        variant = int(picture.sha256[-6:], 16) % self._variants if self._variants > 1 else 0
        return self._made(picture.category, picture.name, variant)

    def answer(self, slug: str, name: str) -> str:
        """Return what a round of the game was about."""
        article = self._words(slug).article
        return f"It would have been {f'{article} {name}' if article else with_article(name)}."

    def many(self, slug: str) -> str:
        """Return what the owner calls several of a category; empty where that is not said."""
        return self._words(slug).plural

    def _words(self, slug: str) -> CategoryWords:
        return self._identity.categories.get(slug, _NO_WORDS)

    def _make(self, slug: str, name: str, variant: int) -> Said:
        words = self._words(slug)
        article = words.article or with_article(name).split(" ", 1)[0]
        values = {"name": name, "plural": words.plural or name, "article": article}
        sentence = words.sentence or self._identity.sentences[variant]
        parts = _parts(sentence, values)
        heading = Markup("").join(
            Markup("<em>{}</em>").format(part) if number % 2 else escape(part)
            for number, part in enumerate(parts)
        )
        return Said("".join(parts), heading, _filled(self._identity.alternative, values))


_NO_WORDS = CategoryWords()
_PLACE = re.compile(r"\{(name|plural|article)\}")
_EMPHASIS = re.compile(r"\*(?!\s)([^*]+)(?<!\s)\*")


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values[place[1]], text)


def _parts(sentence: str, values: Mapping[str, str]) -> list[str]:
    """Return a sentence in parts, every second one emphasised: what is between asterisks.

    Without any that is the name. A name that comes first gets a capital.
    """
    if not _EMPHASIS.search(sentence):
        sentence = re.sub(r"(\{(?:name|plural)\})", r"*\1*", sentence)
    parts = [_filled(part, values) for part in _EMPHASIS.split(sentence)]
    if sentence.lstrip("*").startswith("{"):
        first = 0 if parts[0] else 1
        parts[first] = parts[first][:1].upper() + parts[first][1:]
    return parts
