"""`/400/300`: a picture of exactly that size: at random, of a text, or a certain one."""

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState

from app.embeds.framed import EVERY_TIME, FramedPictures
from app.embeds.frames import LengthConverter, frame_of
from app.http.picture_formats import split_ending
from app.pictures.presence import draw, live_picture
from app.pictures.seeded import picture_of_text
from app.site.context import Site


def exact_sizes(site: Site, framed: FramedPictures) -> Blueprint:
    """Return the routes; all take ``fit``, ``grayscale`` and ``blur``, most ``category``."""
    routes = Blueprint("exact", __name__)
    for_minutes = f"public, max-age={site.settings.seed_max_age_s}"

    @routes.record_once
    def know_lengths(state: BlueprintSetupState) -> None:
        state.app.url_map.converters["length"] = LengthConverter

    @routes.get("/<length:width>/<length:height>")
    def random(width: str, height: str) -> Response:
        height, extension = split_ending(height)
        frame = frame_of(width, height, request.args)
        picture = draw(site.index.reader(), site.is_there, request.args.get("category"))
        return framed.answer(picture, frame, extension, EVERY_TIME)

    @routes.get("/seed/<text>/<length:width>/<length:height>")
    @routes.get("/c/<slug>/seed/<text>/<length:width>/<length:height>")
    def seeded(text: str, width: str, height: str, slug: str | None = None) -> Response:
        height, extension = split_ending(height)
        frame = frame_of(width, height, request.args)
        slug = slug or request.args.get("category")
        picture = picture_of_text(site.index.reader(), site.is_there, text, slug)
        return framed.answer(picture, frame, extension, for_minutes)

    @routes.get("/i/<short_hash>/<length:width>/<length:height>")
    def of_picture(short_hash: str, width: str, height: str) -> Response:
        height, extension = split_ending(height)
        frame = frame_of(width, height, request.args)
        picture = live_picture(site.index.reader(), site.is_there, short_hash)
        return framed.answer(picture, frame, extension, for_minutes)

    return routes
