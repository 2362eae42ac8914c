"""`/translate`: a picture from the camera or a file, redrawn as another kind of thing.

Everything is done here and nothing is kept: a picture lives as long as its request.
"""

import base64
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import Headers

from app.http.errors import BadParameter, NotFound
from app.http.form_origin import check_origin
from app.http.headers import with_camera
from app.live.slots import Slots
from app.rendering.renderer import PageRenderer
from app.translate.models import LoadedTranslator, LoadedTranslators
from app.translate.uploads import MOST_BYTES, decode_upload, read_form, uploaded_picture
from core.settings import Settings

_SAMPLE_TYPES = {".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg"}
_SAMPLE_BYTES = 10**6
_BUSY = "too many pictures are being translated at the moment"


def translation_pages(settings: Settings, renderer: PageRenderer) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("translate", __name__)
    translators = LoadedTranslators(settings)
    slots = Slots(
        settings.instance_folder,
        at_once=settings.translate_at_once,
        waiting=settings.translate_waiting,
        threads=settings.live_threads,
        wait_s=settings.live_wait_s,
        name="translate",
        busy=_BUSY,
    )

    def page(found: LoadedTranslator, **values: Any) -> Response:
        names = translators.names()
        about = found.about
        chosen = values.pop("direction", about.directions[0].signature)
        answer = renderer.page(
            "translate.html",
            title=values.pop("title", "Redrawn as what it is not"),
            about=about,
            chosen=chosen,
            others=[name for name in names if name != about.name],
            most_bytes=MOST_BYTES,
            place="/translate",
            **values,
        )
        answer.headers = Headers(with_camera(list(answer.headers)))
        return answer

    @routes.get("/translate")
    @routes.get("/translate/<name>")
    def show(name: str = "") -> Response:
        return page(translators.find(name))

    @routes.post("/translate")
    @routes.post("/translate/<name>")
    def translate(name: str = "") -> Response:
        check_origin(request, "/translate")
        found = translators.find(name)
        fields, files = read_form(request)
        sample = fields.get("sample")
        if sample is not None:
            signature, data = _sample(found, sample)
        else:
            signature, data = _direction(found, fields.get("direction")), b""
            data = uploaded_picture(files, "picture")
        with slots.slot():
            pixels = decode_upload(data, found.about.size_px)
            made = found.translate(signature, pixels)
        if "text/html" not in dict(request.accept_mimetypes):
            return Response(
                made, headers={"Content-Type": "image/webp", "Cache-Control": "no-store"}
            )
        return page(
            found,
            direction=signature,
            taken=_shown(_as_png(pixels, found)),
            made=_shown(made, "webp"),
        )

    @routes.get("/translate/<name>/<int:number>")
    def sample(name: str, number: int) -> Response:
        found = translators.find(name)
        _, data = _sample(found, str(number))
        path = found.about.samples[number - 1].path
        return Response(
            data,
            headers={
                "Content-Type": _SAMPLE_TYPES.get(path.suffix, "application/octet-stream"),
                "Cache-Control": "public, max-age=3600",
            },
        )

    return routes


def _direction(found: LoadedTranslator, wanted: str | None) -> str:
    known = [way.signature for way in found.about.directions]
    if wanted is None:
        return known[0]
    if wanted not in known:
        raise BadParameter(f"there is no direction {wanted[:40]}", f"there are: {', '.join(known)}")
    return wanted


def _sample(found: LoadedTranslator, number: str) -> tuple[str, bytes]:
    """Return direction and bytes of a sample by its number, from 1."""
    samples = found.about.samples
    if not (number.isascii() and number.isdigit()) or not 1 <= int(number[:9]) <= len(samples):
        raise NotFound(f"{found.about.name} has no sample {number[:40]}", what="sample")
    chosen = samples[int(number) - 1]
    with chosen.path.open("rb") as file:
        return chosen.signature, file.read(_SAMPLE_BYTES)


def _as_png(pixels: bytes, found: LoadedTranslator) -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    size = (found.about.size_px, found.about.size_px)
    Image.frombytes("RGB", size, pixels).save(file, "PNG")
    return file.getvalue()


def _shown(data: bytes, form: str = "png") -> str:
    """Return a picture as an address of its own, so that nothing need be kept for the page."""
    return f"data:image/{form};base64,{base64.b64encode(data).decode()}"
