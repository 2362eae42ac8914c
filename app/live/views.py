"""`/live/<model>` makes a picture at every call."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from app.http.answers import etag_matches
from app.http.errors import BadParameter, Gone, NotFound
from app.live.model import LiveModel, Wish
from app.live.models import LiveModels
from app.live.slots import Slots
from core.settings import Settings
from store.curation.withheld import Withheld

if TYPE_CHECKING:
    from app.live.shared_slots import SharedSlots
    from app.ops.redis import Shared

_FORMATS = {"webp": "image/webp", "png": "image/png"}
_MOST_DRAWS = 64  # of a seed, where all so far are of rejected pictures


def live_pictures(
    settings: Settings,
    withheld: Withheld,
    models: LiveModels,
    slots: "Slots | SharedSlots",
) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("live", __name__)

    def loaded(name: str) -> LiveModel:
        ready = models.ready(name)
        if ready is not None:
            return ready
        with slots.slot():
            return models.load(name)

    @routes.get("/live/<file>")
    def picture(file: str) -> Response:
        name, ending = _split(file)
        models.check_name(name)
        seed, truncation = _whole_number("seed"), _number("truncation")
        model = loaded(name)
        category = request.args.get("category")
        wish = wished(model, seed, category, truncation, _way(seed))
        headers = [("Content-Type", _FORMATS[ending])]
        if seed is None:
            headers.append(("Cache-Control", "no-store"))
        else:
            # the model may be replaced, so not for good; weak, since an encoder may be as well
            key = hashlib.sha256(f"{model.key(wish)} {ending}".encode()).hexdigest()[:16]
            etag = f'W/"{key}"'
            headers += [
                ("Content-Location", _address(name, ending, wish, truncation)),
                ("Cache-Control", f"public, max-age={settings.live_max_age_s}"),
                ("ETag", etag),
            ]
            if etag_matches(request.headers.get("If-None-Match"), etag):
                unchanged = Response(status=304, headers=headers)
                del unchanged.headers["Content-Type"]
                return unchanged

        def others() -> Iterator[Wish]:
            yield wish
            try:
                while seed is None:
                    yield wished(model, None, wish.category.slug, truncation)
            except (Gone, NotFound):  # taken away by now: what was drawn before will do
                return

        data, drawn = make(name, model, others(), ending)
        if seed is None:
            headers.append(("Content-Location", _address(name, ending, drawn, truncation)))
        return Response(data, headers=headers)

    def wished(
        model: LiveModel,
        seed: int | None,
        category: str | None,
        truncation: float | None,
        way: tuple[int, float] | None = None,
    ) -> Wish:
        """Return what is asked for, or what is drawn, unless the owner has taken it away."""
        off = withheld.categories()
        for _ in range(_MOST_DRAWS if seed is None else 1):
            wish = model.wish(seed, category, truncation, off, way)
            slugs = model.slugs_like(wish.category)
            if not any(withheld.has(model.label, model.digest, slugs, each) for each in wish.seeds):
                return wish
        raise Gone("this picture was removed", "without seed= another is made", "/live")

    def make(
        name: str, model: LiveModel, wishes: Iterable[Wish], ending: str
    ) -> tuple[bytes, Wish]:
        """Return the best of the first few wishes' pictures, and which it is."""
        with slots.slot():
            from store.formats.encoding import find_format

            try:
                drawing = model.draw_best(wishes)
                return model.encode(drawing, find_format(ending)), drawing.wish
            except Exception:
                models.forget(name)
                raise

    return routes


def live_slots(settings: Settings, shared: "Shared | None") -> "Slots | SharedSlots":
    """Return the slots of live pictures; ``shared``: where all machines count."""
    caps: dict[str, Any] = {
        "at_once": settings.live_at_once,
        "waiting": settings.live_waiting,
        "threads": settings.live_threads,
        "wait_s": settings.live_wait_s,
    }
    own = Slots(settings.instance_folder, **caps)
    if shared is None:
        return own
    from app.live.shared_slots import SharedSlots

    return SharedSlots(shared, own, **caps)


def _split(file: str) -> tuple[str, str]:
    """Return model and format of an address' last part; WebP where it has no ending."""
    name, ending = os.path.splitext(file)  # noqa: PTH122 - it is no path
    if ending and ending[1:] not in _FORMATS:
        raise NotFound(
            f"live pictures have no format {ending[1:][:20]}",
            f"there are {' and '.join(_FORMATS)}",
            what="picture",
            instead=f"/live/{name}",
        )
    return name, ending[1:] or "webp"


def _whole_number(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) >= 2**32:
        raise BadParameter(f"{name}={text[:40]} is no whole number from 0 to 2^32 - 1", "try 42")
    return int(text)


def _way(seed: int | None) -> tuple[int, float] | None:
    """Return another seed, and how much of the way to it a picture is, where that is asked for."""
    towards, share = _whole_number("towards"), _number("share")
    if towards is None and share is None:
        return None
    if seed is None or towards is None or share is None:
        raise BadParameter(
            "a picture between two seeds needs seed, towards and share",
            "try seed=1&towards=2&share=0.5",
        )
    if not 0 <= share <= 1:  # also where it is not a number
        raise BadParameter(f"share={share:g} is out of range", "it is 0 to 1")
    return towards, share


def _number(name: str) -> float | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise BadParameter(f"{name}={text[:40]} is no number", "try 0.5") from error


def _address(name: str, ending: str, wish: Wish, truncation: float | None) -> str:
    """Return where this very picture can be had again."""
    address = f"/live/{name}.{ending}?seed={wish.seed}&category={wish.category.slug}"
    if truncation is not None:
        address += f"&truncation={truncation:g}"
    if wish.towards is not None:
        address += f"&towards={wish.towards}&share={wish.share:g}"
    return address
