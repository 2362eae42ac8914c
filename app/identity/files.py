"""The files of an owner, under the names by which pages and style sheets ask for them."""

from pathlib import Path

from app.identity.identity import Identity
from app.identity.style import FACE_FILES, style_of

ICON, STYLE = "icon.svg", "style.css"
_FACES = ("instrument-serif.woff2", "instrument-serif-italic.woff2")


def own_files(identity: Identity, folder: Path) -> dict[str, bytes]:
    """Return name → content of what stands in the place of the site's own files, or beside them.

    ``folder``: of the site's own.
    """
    files: dict[str, bytes] = {}
    if style := style_of(identity):
        files[STYLE] = (folder / STYLE).read_bytes() + style.encode()
    for key, name in FACE_FILES.items():
        face = getattr(identity.typefaces, key)
        if face is not None and face.file is not None:
            files[name] = face.file.read_bytes()
    if identity.icon is not None:
        files[icon_name(identity)] = identity.icon.read_bytes()
    return files


def icon_name(identity: Identity) -> str:
    """Return the name of the site's icon."""
    if identity.icon is None or identity.icon.suffix.lower() == Path(ICON).suffix:
        return ICON
    return f"own-icon{identity.icon.suffix.lower()}"


def first_faces(identity: Identity) -> tuple[str, ...]:
    """Return the files of the typefaces that every page needs at once."""
    faces = identity.typefaces
    if faces.title is None:
        return _FACES
    both = ("title", faces.title), ("title_italic", faces.title_italic)
    return tuple(FACE_FILES[key] for key, face in both if face is not None and face.file)
