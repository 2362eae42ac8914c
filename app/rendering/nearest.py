"""What a picture is nearest to, in words: "Somewhere between a duck and a swan."

Names are in the visitor's language. So is the sentence, where it takes names as they are; elsewhere
they stand alone, since a sentence would bend them.
"""

import re

from markupsafe import Markup, escape

from app.rendering.languages import language_tag
from app.rendering.phrases import with_article
from core.concept_names import language_of

_SENTENCES = {
    "en": ("Nearest to {}.", "Somewhere between {} and {}."),
    "ca": ("Semblant a: {}.", "Entre {} i {}."),
    "da": ("Ligner: {}.", "Et sted mellem {} og {}."),
    "de": ("Am nächsten: {}.", "Irgendwo zwischen {} und {}."),
    "es": ("Parecido a: {}.", "En algún punto entre {} y {}."),
    "fr": ("Proche de : {}.", "Quelque part entre {} et {}."),
    "it": ("Simile a: {}.", "Da qualche parte tra {} e {}."),
    "nl": ("Lijkt op: {}.", "Ergens tussen {} en {}."),
    "no": ("Ligner: {}.", "Et sted mellom {} og {}."),
    "pt": ("Parecido com: {}.", "Algo entre {} e {}."),
    "sv": ("Liknar: {}.", "Någonstans mellan {} och {}."),
}
_ALONE = ("{}", "{} – {}")
_HEAD = re.compile(r"(?: (?:with|without|of|in|on|at|from|for|holding)\b|:).*")
_UNCOUNTED = (
    "bacon bread butter cheese chocolate clothing construction corn fog garlic ginger hair honey "
    "ice lightning luggage men milk money music people popcorn rice sake salt seaweed spaghetti "
    "sushi tea water wine women wood"
)

_NO_NOUN = re.compile(  # an adjective, an activity, or several people
    r"people .*|(?:un)?locked.*|badminton|bowling|breast-feeding|camping|cooking|dashing away|dizzy"
    r"|(?:field|ice) hockey|foggy|high voltage|lacrosse|ping pong|pouring liquid|skis|softball"
    r"|star-struck|tennis|rolling on the floor laughing|zzz",
    re.IGNORECASE,
)


def nearest_text(names: list[str], locale: str) -> str:
    """Return the sentence for one or two names; nothing for none."""
    if not names:
        return ""
    language = language_of(locale)
    said = [_with_article(name) for name in names] if language == "en" else names
    return _SENTENCES.get(language, _ALONE)[len(said) - 1].format(*said)


def nearest_html(names: list[str], locale: str) -> Markup:
    """Return the sentence as HTML that says its language; it may run from right to left."""
    text = escape(nearest_text(names, locale))
    tag = "en" if language_of(locale) == "en" else language_tag(locale)
    return Markup(f'<bdi lang="{tag}">{text}</bdi>') if names else Markup()  # noqa: S704


def _with_article(name: str) -> str:
    """Return ``a duck``, ``glasses``, ``bread``, ``locked``, ``a face with tears of joy``."""
    if _NO_NOUN.fullmatch(name):
        return name
    head = _HEAD.sub("", name).rpartition(" ")[2].casefold()
    is_plural = head.endswith("s") and not head.endswith(("ss", "us", "is"))
    return name if is_plural or head in _UNCOUNTED.split() else with_article(name)
