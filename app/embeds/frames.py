"""What an address says of the frame: exact sizes, and how a picture is fitted into them."""

import re
from collections.abc import Mapping

from werkzeug.routing import BaseConverter

from app.http.errors import BadParameter
from store.formats.frames import LEAST_PX, MOST_BLUR, MOST_PX, Fit, Frame

_USUAL_BLUR = 5  # of ?blur without a number
_FITS: dict[str, Fit] = {"crop": "crop", "whole": "whole"}


class LengthConverter(BaseConverter):
    """A part of a path that begins as a number does: what is wrong with it is said in a line."""

    regex = r"[-+]?[0-9][^/]*"


def length(name: str, text: str, most: int = MOST_PX) -> int:
    """Return a width or height in pixels. Raises `BadParameter`."""
    if re.fullmatch(r"[0-9]{1,5}", text) and LEAST_PX <= int(text) <= most:
        return int(text)
    raise BadParameter(
        f"a {name} of {text[:20]} is not possible",
        f"it is a whole number of pixels from {LEAST_PX} to {most}",
    )


def frame_of(width: str, height: str, query: Mapping[str, str]) -> Frame:
    """Return the frame that an address asks for.

    Unknown parameters are ignored: many pages put a number behind an address to get around a cache.
    Raises `BadParameter`.
    """
    return Frame(
        length("width", width),
        length("height", height),
        _fit(query.get("fit")),
        is_grey=_truth("grayscale", query.get("grayscale")),
        blur=_blur(query.get("blur")),
    )


def _fit(text: str | None) -> Fit:
    if text is None:
        return "usual"
    if text not in _FITS:
        raise BadParameter(
            f"fit={text[:20]} makes no sense",
            "it is crop, or whole: all of the picture on the tint of its wall",
        )
    return _FITS[text]


def _truth(name: str, text: str | None) -> bool:
    if text is None or text in ("0", "false"):
        return False
    if text in ("", "1", "true"):
        return True
    raise BadParameter(
        f"{name}={text[:20]} makes no sense", "it is 1 or 0, or nothing but its name"
    )


def _blur(text: str | None) -> int:
    if text is None:
        return 0
    if not text:
        return _USUAL_BLUR
    if re.fullmatch(r"[0-9]{1,2}", text) and 1 <= int(text) <= MOST_BLUR:
        return int(text)
    raise BadParameter(
        f"blur={text[:20]} makes no sense", f"it is a whole number from 1 to {MOST_BLUR}"
    )
