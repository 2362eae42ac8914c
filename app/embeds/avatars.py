"""`/avatar/<anything>?s=80`: the same picture for the same words, square or round.

Called as Gravatar's addresses are, so it stands in for them; and fit to be a Gravatar's default
picture (``d=``): the address ends as a picture's does, the size may be in its path, since Gravatar
drops what follows the question mark, and the answer is the picture itself.
"""

from flask import Blueprint, Response, request

from app.embeds.framed import FramedPictures
from app.embeds.frames import length
from app.http.errors import BadParameter
from app.http.picture_formats import split_ending
from app.pictures.seeded import picture_of_text
from app.site.context import Site
from store.formats.frames import Frame

_USUAL_PX = "80"  # as Gravatar has it
_SHAPES = ("square", "round")


def avatars(site: Site, framed: FramedPictures) -> Blueprint:
    """Return the two routes; both take ``category`` and ``shape``."""
    routes = Blueprint("avatars", __name__)
    for_minutes = f"public, max-age={site.settings.seed_max_age_s}"

    @routes.get("/avatar/<text>")
    def avatar(text: str) -> Response:
        text, extension = split_ending(text)
        # Gravatar's two names for it
        size = request.args.get("s", request.args.get("size", _USUAL_PX))
        return answer(text, size, extension)

    @routes.get("/avatar/<text>/<size>")
    def avatar_in_size(text: str, size: str) -> Response:
        size, extension = split_ending(size)
        try:
            return answer(text, size, extension)
        except BadParameter as error:
            error.hint += "; a text holds no slash"
            raise

    def answer(text: str, size: str, extension: str | None) -> Response:
        side = length("size", size)
        shape = request.args.get("shape", "square")
        if shape not in _SHAPES:
            raise BadParameter(
                f"shape={shape[:20]} makes no sense", f"it is {' or '.join(_SHAPES)}"
            )
        frame = Frame(side, side, is_round=shape == "round")
        picture = picture_of_text(
            site.index.reader(), site.is_there, text, request.args.get("category")
        )
        return framed.answer(picture, frame, extension, for_minutes)

    return routes
