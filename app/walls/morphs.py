"""`/morphs`: latent walks, looping. `?still` shows their first frames, for who wants it so."""

import re

from flask import Blueprint, Response, request

from app.http.errors import Gone, NotFound, NothingToShow
from app.http.picture_files import PictureFiles
from app.rendering.renderer import PageRenderer
from core.settings import Settings
from store.curation.withheld import Withheld
from store.files.morphs import Morph, MorphFolder

_PER_PAGE = 24
_FILE = re.compile(r"[a-z0-9_\-]{1,150}-(?P<hash>[0-9a-f]{12})(\.still)?\.webp")


def morph_pages(settings: Settings, renderer: PageRenderer, withheld: Withheld) -> Blueprint:
    """Return the page and the files on it."""
    pages = Blueprint("morphs", __name__)
    folder = MorphFolder(settings.instance_folder)
    files = PictureFiles(settings.instance_folder, settings.picture_max_age_s)

    @pages.get("/morphs")
    def morphs() -> Response:
        found = withheld.shown(folder.all())
        if not found:
            raise NothingToShow("there are no walks to show", "make some with: flask morphs")
        last = (len(found) + _PER_PAGE - 1) // _PER_PAGE
        text = request.args.get("page", "1")
        page = int(text) if re.fullmatch(r"\d{1,6}", text) else 0
        if not 1 <= page <= last:
            raise NotFound(
                f"there is no page {text[:20]} of walks", f"there are {last}", instead="/morphs"
            )
        is_still = "still" in request.args
        shown = found[(page - 1) * _PER_PAGE : page * _PER_PAGE]
        return renderer.page(
            "morphs.html",
            title="Things that do not exist, becoming others",
            place="/morphs",
            cache_control="no-cache",
            walks=[_shown(morph, is_still) for morph in shown],
            total=len(found),
            is_still=is_still,
            page=page,
            last=last,
            suffix="&still" if is_still else "",
        )

    @pages.get("/morphs/<file>")
    def morph_file(file: str) -> Response:
        match = _FILE.fullmatch(file)
        # by the list: what is removed keeps its file, so that it can come back
        listed = [morph for morph in folder.all() if file in (morph.file, morph.still)]
        if match is None or not listed:
            raise NotFound("there is no such walk", "all of them are at /morphs", what="walk")
        if not withheld.shown(listed):
            raise Gone("this walk was removed", "there are others at /morphs", "/morphs")
        # a walk and its still share the hash in their names, but not their bytes
        tag = f"{match['hash']}{'-still' if '.still.' in file else ''}"
        try:
            answer = files.answer("morphs", file, tag, request.environ)
        except OSError as error:
            raise NotFound(
                "there is no such walk", "all of them are at /morphs", what="walk"
            ) from error
        response = Response(answer.body, answer.status)
        response.headers.clear()
        response.headers.extend(answer.headers)
        return response

    return pages


def _shown(morph: Morph, is_still: bool) -> dict[str, object]:
    """Return what the template shows of a walk."""
    words = " and ".join(morph.names)
    loop, still = f"/morphs/{morph.file}", f"/morphs/{morph.still}"
    return {
        "source": still if is_still else loop,
        "loop": loop,
        "still": still,
        "words": words,
        "between": len(morph.names) > 1,
        "parts": list(zip(morph.names, morph.categories, strict=True)),
        "alternative": f"Generated pictures of {words}, one turning into the next",
        "width": morph.width,
        "height": morph.height,
        "seconds": f"{morph.frames * morph.frame_ms / 1000:.0f}",
    }
