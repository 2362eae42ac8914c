"""What concepts are called, in the languages in which the site has names of people.

A table in a model's folder, `names.zip`: `ids.json`, and for each language a list of names in the
same order, from Unicode's annotations. It is read by a language at a time, when a visitor's picture
first needs one. Models without concepts, or with concepts of one's own, have none.
"""

import json
from functools import lru_cache
from pathlib import Path

FILE, LICENCE, IDS = "names.zip", "LICENSE-UNICODE.txt", "ids.json"
# those of `app.rendering.languages`, as Unicode calls them; where it has no names English is shown
_WORDS = (
    "ar az bg bn ca cs da de el en es et fa fi fr ga gu ha he hi hr hu hy id ig is it ja ka ko "
    "lt lv mk mr ne nl no or pl pt ro ru si sk sl sv sw ta th tr uk uz vi yo zh zh-Hant zu"
)
LANGUAGES = frozenset(_WORDS.split())
_OTHERWISE = {"es_CA": "ca", "zh_TW": "zh-Hant", "tw_GH": "en"}


def language_of(locale: str) -> str:
    """Return Unicode's language of a Faker locale: ``fr_CA`` → fr, ``zh_TW`` → zh-Hant."""
    language = _OTHERWISE.get(locale) or locale.partition("_")[0]
    return language if language in LANGUAGES else "en"


class ConceptNames:
    """The tables of all models in a folder, each read when it is first asked for."""

    def __init__(self, models_folder: Path) -> None:
        self._folder = models_folder
        self._table = lru_cache(maxsize=64)(self._read)

    def of(
        self, model: str | None, nearest: str | None, locale: str, category: str = ""
    ) -> list[str]:
        """Return the names of a picture's concepts in a locale; none where they have none.

        ``model``: name/version; ``nearest``: concepts, separated by a space. ``category``: a name
        in English that says nothing new: a bird is not told to be near to a bird.
        """
        if not model or not nearest:
            return []
        label = model.partition(":")[0]
        table = self._table(label, language_of(locale))
        english = self._table(label, "en")
        ids = nearest.split(" ")
        if not all(table.get(concept) for concept in ids):
            return []
        told = category.casefold()
        return [table[each] for each in ids if english.get(each, "").casefold() != told]

    def _read(self, model: str, language: str) -> dict[str, str]:
        import zipfile  # where somebody asks: a site at its start needs none

        name, _, version = model.partition("/")
        path = self._folder / name / version / FILE
        if not version.isdecimal() or name in ("", ".", "..") or "/" in version:
            return {}
        try:
            with zipfile.ZipFile(path) as kept:
                ids = json.loads(kept.read(IDS))
                names = json.loads(kept.read(f"{language}.json"))
            return dict(zip(ids, names, strict=True))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return {}
