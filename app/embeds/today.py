"""`/today.webp`: one picture a day, the same for everybody; `/today` leads to its page."""

from flask import Blueprint, Response, request

from app.embeds.days import Days
from app.embeds.framed import FramedPictures
from app.embeds.frames import frame_of
from app.http.errors import NotFound
from app.http.picture_formats import FORMATS_HINT, split_ending
from app.pictures.addresses import sized_width_height
from app.pictures.plain_address import address_as_text

_LONGER_PX = 512  # of the picture where no size is asked for


def picture_of_the_day(framed: FramedPictures, days: Days) -> Blueprint:
    """Return the routes; those of the picture itself take what `exact` takes."""
    routes = Blueprint("today", __name__)

    @routes.get("/today")
    def page() -> Response:
        picture = days.picture(days.today(), request.args.get("category"))
        headers = [
            ("Location", f"/i/{picture.short_hash}"),
            ("Cache-Control", days.cache_control),
        ]
        response = Response(status=302, headers=headers)
        del response.headers["Content-Type"]  # of nothing
        return response

    @routes.get("/today.<ending>")
    def today(ending: str) -> Response:
        if ending == "txt":
            picture = days.picture(days.today(), request.args.get("category"))
            return address_as_text(picture, days.cache_control)
        _, extension = split_ending(f"today.{ending}")
        if extension is None:
            raise NotFound("there are no such pictures", FORMATS_HINT, "format")
        picture = days.picture(days.today(), request.args.get("category"))
        width, height = map(str, sized_width_height(picture, _LONGER_PX))
        frame = frame_of(width, height, request.args)
        return framed.answer(picture, frame, extension, days.cache_control)

    @routes.get("/today/<length:width>/<length:height>")
    def today_in_size(width: str, height: str) -> Response:
        height, extension = split_ending(height)
        frame = frame_of(width, height, request.args)
        picture = days.picture(days.today(), request.args.get("category"))
        return framed.answer(picture, frame, extension, days.cache_control)

    return routes
