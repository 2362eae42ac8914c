"""Pictures in frames, answered by themselves: no redirect, since many who embed one follow none.

What is made is kept in a share of NONESUCH_DERIVATIVES_MB of its own (`Settings.embeds_mb`): any
width and height may be asked for, and that must not push out what the site's own pages show.
"""

import hashlib

from flask import Response, request

from app.http.answers import etag_matches
from app.http.errors import Busy, NotFound
from app.http.picture_formats import MEDIA_TYPES, accepted_extension
from app.ops.turns import FairTurns
from app.pictures.originals import Originals
from app.pictures.tiles import hue_of, is_large
from app.rendering.tints import Colour, wall_colour
from app.site.context import Site
from store.formats.derivatives import Derivatives, DerivativesBusy, NoDerivative
from store.formats.frames import Frame
from store.queries.rows import Picture

FOLDER = "embeds"  # below the instance folder
KIND = "framed"
# of a worker's 32 threads six, as many as a browser has connections; docs/security.md adds them up
_MAKERS, _WAITING = 1, 5
_WAIT_S = 5.0  # the largest takes 2.4 s to draw
# what GitHub's image proxy and other caches ask for, so that they keep nothing
EVERY_TIME = "no-cache, no-store, max-age=0, must-revalidate"


class FramedPictures:
    """Answers with pictures in frames."""

    def __init__(self, site: Site, originals: Originals) -> None:
        settings = site.settings
        self._originals, self._licence = originals, settings.licences.generated
        self._colours = site.identity.colours
        self._turns = FairTurns(_WAITING, _WAIT_S, "too many pictures are being made at the moment")
        self._kept = Derivatives(
            settings.instance_folder, settings.embeds_mb, _MAKERS, waiting=0, wait_s=_WAIT_S,
            has_links=not settings.store_url, folder=FOLDER,
        )  # fmt: skip

    def answer(
        self, picture: Picture, frame: Frame, extension: str | None, cache_control: str
    ) -> Response:
        """Answer with a picture; without an extension Accept decides.

        Raises `Busy`, `Gone`, `NotAcceptable`, `NotFound` and `StoreSilent`.
        """
        chosen = extension or accepted_extension(request)
        ground = wall_colour(self._colours, hue_of(picture))
        # what was drawn on another ground is another file: the owner may change site.toml
        file = f"{picture.short_hash}-{frame.name}-on-{bytes(ground).hex()}.{chosen}"
        headers = [
            ("Cache-Control", cache_control),
            ("Access-Control-Allow-Origin", "*"),
            ("Link", f'<{request.root_path}/i/{picture.short_hash}>; rel="describedby"'),
            ("Access-Control-Expose-Headers", "ETag, Link"),
        ]
        if extension is None:
            headers.append(("Vary", "Accept"))
        if cache_control != EVERY_TIME:
            # another version of the program may draw it in another way: weak
            etag = f'W/"{hashlib.blake2b(file.encode(), digest_size=9).hexdigest()}"'
            headers.append(("ETag", etag))
            if etag_matches(request.headers.get("If-None-Match"), etag):
                unchanged = Response(status=304, headers=headers)
                del unchanged.headers["Content-Type"]
                return unchanged
        data = self._bytes_of(picture, frame, chosen, ground, file)
        return Response(data, headers=[("Content-Type", MEDIA_TYPES[chosen]), *headers])

    def _bytes_of(
        self, picture: Picture, frame: Frame, extension: str, ground: Colour, file: str
    ) -> bytes:
        def render() -> bytes:
            from store.formats.framing import framed

            return framed(
                self._originals.sharpest(picture, max(frame.width, frame.height)), frame, extension,
                ground, is_print=not is_large(picture), licence=self._licence,
            )  # fmt: skip

        kept = self._kept.read(KIND, file)
        if kept is not None:
            return kept
        try:
            with self._turns.turn(request.remote_addr or ""):
                return self._kept.bytes_of(self._originals.path(picture), KIND, file, render)
        except DerivativesBusy as error:
            raise Busy(error.message, error.hint) from error
        except NoDerivative as error:
            raise NotFound(error.message, error.hint, what="picture") from error
