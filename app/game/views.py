"""`/play`: guess a picture's category from four. Score and streak stay in the browser."""

import json

from flask import Blueprint, Response, request

from app.game.counters import Counters, Once, Tally
from app.game.rounds import LEVELS, draw_round
from app.game.tokens import PlayTokens, Round
from app.http.errors import BadParameter, Gone, NothingToShow
from app.http.picture_files import media_type_of
from app.pictures.tiles import print_of
from app.rendering.nearest import nearest_text
from app.rendering.negotiation import prefers_json
from app.site.context import Site
from store.index.states import LIVE
from store.queries.reader import IndexReader
from store.queries.rows import Picture

_MOST_DRAWS = 20
_TOLD_FROM = 3  # answers, before anybody is told how others did


def play_pages(site: Site) -> Blueprint:
    """Return the game."""
    pages = Blueprint("play", __name__)
    index, renderer, store, concepts = site.index, site.renderer, site.store, site.concepts
    tokens, counters = PlayTokens(site.key), Counters(site.settings)

    def picture_of(reader: IndexReader, asked: Round) -> Picture | None:
        picture = reader.by_hash(asked.short_hash)
        if picture is None or picture.state != LIVE:
            return None
        return picture if site.is_there(picture) else None

    def names_of(reader: IndexReader, slugs: tuple[str, ...]) -> dict[str, str]:
        found = ((slug, reader.pick(slug)) for slug in slugs)
        return {slug: picture.name if picture else slug for slug, picture in found}

    def known(level: str) -> str:
        if level not in LEVELS:
            raise BadParameter(f"there is no level {level[:20]}", f"choose {', '.join(LEVELS)}")
        return level

    @pages.get("/play")
    def question() -> Response:
        level = known(request.args.get("level", "usual"))
        reader = index.reader()
        for _ in range(_MOST_DRAWS):
            asked = draw_round(reader, counters, level)
            picture = asked and picture_of(reader, asked)
            if asked and picture:
                break
        else:
            raise NothingToShow(
                "there is nothing to choose among",
                "the game takes two categories: flask pregen --categories 60",
            )
        return renderer.page(
            "play.html",
            title="What is this meant to be?",
            place="/play",
            level=level,
            levels=LEVELS,
            token=tokens.seal(asked),
            choices=names_of(reader, asked.choices),
            why_off=counters.why_off,
            **print_of(picture, site.cutouts),
        )

    @pages.get("/play/picture/<token>")
    def picture(token: str) -> Response:
        asked = tokens.open(token)
        found = picture_of(index.reader(), asked) if asked else None
        data = store.read(found.category, found.file) if found else None
        if found is None or data is None:
            raise Gone("this round is over", "another begins at /play", instead="/play")
        response = Response(data, content_type=media_type_of(found.file))
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response

    @pages.post("/play")
    def answer() -> Response:
        level = known(request.form.get("level") or request.args.get("level", "usual"))
        token = request.form.get("token", "")
        asked = tokens.open(token)
        if asked is None:
            raise Gone("this round is over", "another begins at /play", instead="/play")
        guess = request.form.get("guess", "")
        if guess not in asked.choices:
            raise BadParameter(
                f"{guess[:100] or 'nothing'} is none of the choices",
                f"choose {', '.join(asked.choices)}",
            )
        reader = index.reader()
        found = picture_of(reader, asked)
        if found is None:
            raise Gone("this picture was just removed", "another waits at /play", "/play")
        before = counters.pictures([asked.short_hash]).get(asked.short_hash, Tally())
        counters.count(asked.short_hash, asked.truth, guess, Once(asked.number, asked.over_s))
        names = names_of(reader, asked.choices)
        locale = site.locale_of(request.headers.get("Accept-Language", ""))
        told = concepts.of(found.model, found.nearest, locale, found.name)
        near = nearest_text(told, locale)
        result = {
            "right": guess == asked.truth,
            "truth": asked.truth,
            "name": names[asked.truth],
            "said": f"{site.phrases.answer(asked.truth, names[asked.truth])} {near}".rstrip(),
            "nearest": near,
            "others": _others(before),
            "picture": f"/i/{asked.short_hash}",
        }
        if prefers_json(request):
            result["picture"] = f"{request.root_path}{result['picture']}"
            return Response(
                json.dumps(result, ensure_ascii=False) + "\n",
                headers=[("Content-Type", "application/json"), ("Cache-Control", "no-store")],
            )
        return renderer.page(
            "play.html",
            title="Right" if result["right"] else "Wrong",
            place="/play",
            level=level,
            levels=LEVELS,
            token=token,
            choices=names,
            why_off=counters.why_off,
            guess=guess,
            result=result,
            **print_of(found, site.cutouts),
        )

    return pages


def _others(tally: Tally) -> str:
    """Return how others did before, in words; nothing while they are few."""
    if tally.guesses < _TOLD_FROM:
        return ""
    right = round(100 * (tally.guesses - tally.wrong) / tally.guesses)
    return f"{right} % of {tally.guesses} were right."
