"""Which format a picture is asked for in: by the ending of its address, else by Accept."""

from flask import Request

from app.http.errors import NotAcceptable, NotFound

# the first is the cheapest to make, and what is preferred where several are as welcome
MEDIA_TYPES = {
    "webp": "image/webp",
    "avif": "image/avif",
    "png": "image/png",
    "jpg": "image/jpeg",
}
_SAME = {"jpeg": "jpg"}
# endings that ask for a picture that is not to be had here; others belong to the text
_OTHERS = frozenset(("bmp", "gif", "heic", "heif", "ico", "jxl", "svg", "tga", "tif", "tiff"))
FORMATS_HINT = f"endings are {', '.join(MEDIA_TYPES)}, or none: then Accept decides"


def split_ending(name: str) -> tuple[str, str | None]:
    """Return a name without its ending, and the extension of a format or None where it has none.

    Raises `NotFound` for the ending of another picture format.
    """
    stem, dot, ending = name.rpartition(".")
    extension = ending.lower()
    extension = _SAME.get(extension, extension)
    if dot and extension in MEDIA_TYPES:
        return stem, extension
    if dot and extension in _OTHERS:
        raise NotFound(f"there are no pictures in the format {ending}", FORMATS_HINT, "format")
    return name, None


def accepted_extension(request: Request) -> str:
    """Return the format that an Accept header likes best. Raises `NotAcceptable`."""
    if "Accept" not in request.headers:
        return next(iter(MEDIA_TYPES))
    found = request.accept_mimetypes.best_match(MEDIA_TYPES.values())
    for extension, media_type in MEDIA_TYPES.items():
        if media_type == found:
            return extension
    raise NotAcceptable(
        "there is no picture in a format of your Accept header",
        f"accept one of {', '.join(MEDIA_TYPES.values())}",
    )
