"""What people call a picture: by its number, by any of its addresses, as a file.

A complaint names what its author saw, so all of these are understood, in any case and with the
punctuation around them: ``No. 0f1e2d3c4b5a``, ``https://example.org/x/i/0f1e2d3c4b5a/?by=…``,
``/sized/512/0f1e2d3c4b5a.jpg``, ``/api/v1/images/0f1e2d3c4b5a``, ``/c/hat?page=2#p0f1e2d3c4b5a``,
``/images/hat/3000005-0f1e2d3c4b5a.webp``, ``hat/3000005-0f1e2d3c4b5a.webp``.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from store.files.protocol import SAFE_NAME, digest
from store.formats.metadata import Provenance, read_provenance
from store.queries.reader import UnknownPicture

_AROUND = " \t\r\n<>()[]{}\"'`“”‘’«».,;:!?"  # what an address in a sentence is wrapped in
_NUMBER = re.compile(r"(?:no\.?|nr\.?|№|#)?\s*p?(?P<hash>[0-9a-f]{12,64})", re.IGNORECASE)
_ANCHOR = re.compile(r"p(?P<hash>[0-9a-f]{12})", re.IGNORECASE)
# below any base path: a proxy or an export may have put the site there
_PAGE = re.compile(r"(?:.*/)?i/(?P<hash>[0-9a-f]{12})(?:/(?:index\.html)?)?", re.IGNORECASE)
_SIZED = re.compile(r"(?:.*/)?sized/\d+/(?P<hash>[0-9a-f]{12})(?:\.\w+)?", re.IGNORECASE)
_OF_API = re.compile(r"(?:.*/)?api/v1/images/(?P<hash>[0-9a-f]{12,64})/?", re.IGNORECASE)
_PLACE = r"(?P<slug>[^/]+)/(?P<file>[^/]+\.\w+)"
_OF_STORE = re.compile(rf"(?:.*/)?(?:images|aside/\w+)/{_PLACE}")
_FILE = re.compile(rf"(?:.*/)?{_PLACE}")
_HASH_IN_NAME = re.compile(r"(?:^|-)(?P<hash>[0-9a-f]{12})(?![0-9a-f])")
_CHANGING = re.compile(r"/(?:.*/)?(?:seed/.+|random(?:\.\w+)?|play(?:/.*)?)?")
_MADE_ANEW = re.compile(r"/(?:.*/)?(?:live|morphs)/.+")
HINT = (
    "name it by the number under it (No. 0f1e2d3c4b5a), by its address, as category/file, "
    "or by a file that holds it"
)


@dataclass(frozen=True, slots=True)
class ByHash:
    """The SHA-256 begins with these 12 to 64 digits."""

    digits: str


@dataclass(frozen=True, slots=True)
class ByFile:
    """A category and a name in it."""

    slug: str
    file: str


@dataclass(frozen=True, slots=True)
class ByOrigin:
    """What a generated picture says of itself."""

    model_digest: str
    slug: str  # that its model has for the category
    seed: int


Key = ByHash | ByFile | ByOrigin


def key_of(text: str) -> Key:
    """Return what a name means. Raises `UnknownPicture` where it cannot mean one picture."""
    name = text.strip(_AROUND)
    if match := _NUMBER.fullmatch(name):
        return ByHash(match["hash"].lower())
    try:
        parts = urlsplit(name)
    except ValueError:
        raise unknown(text) from None
    if match := _ANCHOR.fullmatch(parts.fragment):
        return ByHash(match["hash"].lower())
    path = unquote(parts.path)
    for pattern in (_PAGE, _SIZED, _OF_API):
        if match := pattern.fullmatch(path):
            return ByHash(match["hash"].lower())
    if match := _OF_STORE.fullmatch(path):
        return ByFile(match["slug"], match["file"])
    is_address = bool(parts.netloc) or path.startswith("/")
    if is_address and _CHANGING.fullmatch(path or "/"):
        raise UnknownPicture(
            f"{text[:100]!r} shows one picture now and another later",
            "open it, and take the number under the picture or the address that it leads to",
        )
    if is_address and _MADE_ANEW.fullmatch(path):
        raise UnknownPicture(
            f"{text[:100]!r} is not in the store: it is made when it is asked for, or a walk",
            "switch its category off, or take walks away with: flask morphs --replace",
        )
    if match := _FILE.fullmatch(path):
        return ByFile(match["slug"], match["file"])
    raise unknown(text)


def keys_of(path: Path) -> list[Key]:
    """Return what a file may be of, surest first: its bytes, its provenance, its name.

    The site's own files in another size or format are known by the second and the third. Raises
    `UnknownPicture` where it cannot be read.
    """
    from store.formats.encoding import BadPicture, open_picture

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnknownPicture(f"{path} cannot be read ({error.strerror})", HINT) from error
    keys: list[Key] = [ByHash(digest(data))]
    try:
        with open_picture(io.BytesIO(data)) as picture:
            made = read_provenance(picture)
    except BadPicture:
        made = None
    if made is not None and _is_plausible(made):
        keys.append(ByOrigin(made.model_digest, made.category, made.seed))
    if match := _HASH_IN_NAME.search(path.name.lower()):
        keys.append(ByHash(match["hash"]))
    return keys


def _is_plausible(made: Provenance) -> bool:
    """Say whether the index can be asked: what a file says of itself may be anything."""
    is_digest = re.fullmatch("[0-9a-f]{64}", made.model_digest)
    return bool(is_digest and SAFE_NAME.fullmatch(made.category) and 0 <= made.seed < 2**63)


def unknown(name: str | Path) -> UnknownPicture:
    """Return what to say of a name that no picture has."""
    return UnknownPicture(f"there is no picture {str(name)[:100]!r}", HINT)
