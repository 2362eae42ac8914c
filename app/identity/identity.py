"""What a site is called, says and looks like: values alone, ready to be shown.

`create_app` reads them once (`app.identity.reading`); every route has them as ``site.identity``,
every template as ``site``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from markupsafe import Markup

PLAIN_LANGUAGE = "en"  # of the pages around the sentence


@dataclass(frozen=True, slots=True)
class CategoryWords:
    """How a category is spoken of; what is empty follows from the name that the index has."""

    name: str = ""
    plural: str = ""
    article: str = ""  # with its name: "a pair of", as in "It would have been a pair of scissors."
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one scheme, each #rrggbb; every text has the contrast of WCAG AA."""

    wall: str
    wall_high: str  # the lighter part of the wall
    ink: str
    muted: str
    accent: str
    on_accent: str
    is_dark: bool  # whether the text is lighter than the wall


@dataclass(frozen=True, slots=True)
class Colours:
    """The owner's colours; without any, each picture's number tints its wall."""

    hue: int | None = None  # OKLCH, 0 to 360 degrees: of all walls
    palette: Palette | None = None
    dark: Palette | None = None  # for visitors who asked for dark pages; None: the same


@dataclass(frozen=True, slots=True)
class Typeface:
    """A typeface: a file beside site.toml, or families that visitors have."""

    file: Path | None = None
    families: str = ""  # as CSS has them


@dataclass(frozen=True, slots=True)
class Typefaces:
    """The owner's typefaces; None: the site's own."""

    title: Typeface | None = None
    title_italic: Typeface | None = None
    text: Typeface | None = None


@dataclass(frozen=True, slots=True)
class Offers:
    """What the site offers beside its pictures."""

    mark: bool = True  # "Generated", above what the page shows
    game: bool = True
    live: bool = True
    translate: bool = True
    morphs: bool = True
    api: bool = True


OFFERS = tuple(each.name for each in fields(Offers))


@dataclass(frozen=True, slots=True)
class Head:
    """HTML that the owner adds to every page, and what it may load."""

    html: Markup = field(default_factory=Markup)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by CSP directive
    hosts: tuple[str, ...] = ()  # of the sources, to be named to visitors


@dataclass(frozen=True, slots=True)
class Identity:
    """The whole of it."""

    name: str = "Nonesuch"
    tagline: str = "Every picture here is generated, and so is everybody."
    language: str = PLAIN_LANGUAGE  # HTML's lang, of sentences and lines
    sentences: tuple[str, ...] = ("This {name} does not exist",)
    alternative: str = "A generated picture of {article} {name} that does not exist"
    lines: tuple[str, ...] = ()  # under a picture; none: the site's own sixteen
    categories: Mapping[str, CategoryWords] = field(default_factory=dict)  # by slug
    links: tuple[tuple[str, str], ...] = ()  # at the foot: name and address
    about: Markup = field(default_factory=Markup)
    colours: Colours = Colours()
    typefaces: Typefaces = Typefaces()
    icon: Path | None = None
    offers: Offers = Offers()
    head: Head = Head()

    @property
    def lang(self) -> str:
        """The language of the sentence where it is another than the page's, else nothing."""
        return "" if self.language == PLAIN_LANGUAGE else self.language

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that site.toml names."""
        faces = (self.typefaces.title, self.typefaces.title_italic, self.typefaces.text)
        named = (self.icon, *(face.file for face in faces if face is not None))
        return tuple(path for path in named if path is not None)

    @property
    def names(self) -> dict[str, str]:
        """Slug → the owner's name, of categories that have one."""
        return {slug: words.name for slug, words in self.categories.items() if words.name}
