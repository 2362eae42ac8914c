"""site.toml → `Identity`: every key checked, every complaint with its line.

The environment beats the file, the file beats the defaults.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from app.identity.about import read_about
from app.identity.head import read_head
from app.identity.identity import OFFERS, CategoryWords, Identity, Offers
from app.identity.looks import read_colours, read_icon, read_typefaces
from app.identity.words import LONGEST_NAME, check_given, take_all_words, take_words
from core.errors import NonesuchError
from core.settings import BadSetting, Settings, variable_of
from core.slugs import slugify
from core.toml.sheet import Sheet, TomlTable

DOCUMENT = "docs/your-own-site.md"
KEYS = (
    "name", "tagline", "language", "sentence", "variants", "alternative", "lines", "icon", "about",
    "offers", "colours", "typefaces", "links", "categories", "head",
)  # fmt: skip
PLACES = ("name", "plural", "article")  # in sentences: of the category
LINE_PLACES = ("developer",)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:|/(?!/))\S+", re.IGNORECASE)


class BadSite(NonesuchError):
    """A site.toml that is wrong."""


def read_identity(settings: Settings) -> Identity:
    """Return what environment and site.toml make of the site. Raises `BadSite`, `BadSetting`."""
    path = settings.site_file
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if settings.site:
            raise BadSite(f"there is no {path}", "write one with: flask site init") from error
        text = ""
    except UnicodeDecodeError as error:
        raise BadSite(f"{path} is not UTF-8", "save it as UTF-8") from error
    except OSError as error:
        raise BadSite(f"{path} cannot be read ({error.strerror})", "check its mode") from error
    return identity_of(path, text, settings)


def identity_of(path: Path, text: str, settings: Settings) -> Identity:
    """Return what a file's text makes of the site; ``path`` says where its pictures lie."""
    top = Sheet(path, text, BadSite, DOCUMENT).top()
    top.finish(KEYS)
    default = Identity()
    given = {
        "name": settings.site_name,
        "tagline": settings.site_tagline,
        "language": settings.site_language,
        "sentence": settings.site_sentence,
    }
    name = take_words(top, "name", "Small Horses", default.name, longest=LONGEST_NAME)
    tagline = take_words(top, "tagline", "Nobody was drawn.", default.tagline)
    sentence = take_words(top, "sentence", default.sentences[0], default.sentences[0], PLACES)
    variants = take_all_words(top, "variants", "There is no such {name}", PLACES)
    if given["sentence"]:
        sentence, variants = _given("sentence", given, default.sentences[0], PLACES), ()
    return Identity(
        name=given["name"] or name,
        tagline=_given("tagline", given, "Nobody was drawn.") or tagline,
        language=_language(top, given["language"]),
        sentences=(sentence, *variants),
        alternative=take_words(
            top, "alternative", default.alternative, default.alternative, PLACES
        ),
        lines=take_all_words(top, "lines", "Drawn by {developer}.", LINE_PLACES),
        categories=_categories(top.table("categories")),
        links=_links(top.table("links")),
        about=read_about(top),
        colours=read_colours(top.table("colours")),
        typefaces=read_typefaces(top.table("typefaces"), path.parent),
        icon=read_icon(top, path.parent),
        offers=_offers(top.table("offers")),
        head=read_head(top.table("head")),
    )


def _given(key: str, given: Mapping[str, str], example: str, places: tuple[str, ...] = ()) -> str:
    """Return what the environment says, nothing where it is silent."""
    text = given[key]
    return text and check_given(variable_of(f"site_{key}"), text, example, places)


def _language(top: TomlTable, given: str) -> str:
    language: str = given or top.take("language", str, '"de"', "en")
    if _LANGUAGE.fullmatch(language):
        return language
    complaint = f"is {language!r}, not the tag of a language"
    if given:
        raise BadSetting(f"{variable_of('site_language')} {complaint}", "for example: de")
    raise top.wrong("language", f"language {complaint}", 'for example: language = "de"')


def _categories(table: TomlTable | None) -> dict[str, CategoryWords]:
    found: dict[str, CategoryWords] = {}
    for slug in table.keys() if table else ():
        assert table is not None
        if slug != slugify(slug):
            raise table.wrong(
                slug, f"{slug!r} is not the slug of a category",
                f"write: [categories.{slugify(slug)}]",
            )  # fmt: skip
        words = table.needed_table(slug)
        words.finish(("name", "plural", "article", "sentence"))
        found[slug] = CategoryWords(
            name=take_words(words, "name", "scissors", longest=LONGEST_NAME),
            plural=take_words(words, "plural", "scissors", longest=LONGEST_NAME),
            article=take_words(words, "article", "a pair of", longest=LONGEST_NAME),
            sentence=take_words(words, "sentence", "These {name} do not exist", "", PLACES),
        )
    return found


def _links(table: TomlTable | None) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for name in table.keys() if table else ():
        assert table is not None
        address: str = table.take(name, str, '"https://example.org/imprint"')
        if not _ADDRESS.fullmatch(address):
            raise table.wrong(
                name, f"links.{name} is {address!r}, not an address",
                "begin it with https://, mailto:, tel: or, for a page of this site, /",
            )  # fmt: skip
        found.append((name, address))
    return tuple(found)


def _offers(table: TomlTable | None) -> Offers:
    if table is None:
        return Offers()
    table.finish(OFFERS)
    return Offers(**{name: table.take(name, bool, "false", True) for name in OFFERS})
