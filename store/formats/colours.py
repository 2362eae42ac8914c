"""Anybody's colours → sRGB in 8 bits: modes, colour profiles, gamma."""

import io

import numpy as np
from PIL import Image, ImageCms, ImageMode

from store.formats.encoding import plain

_SRGB_GAMMA = 0.45455  # what a PNG says whose values are those of a screen
_WITH_PROFILE = ("L", "RGB", "CMYK", "LAB")


def to_srgb(image: Image.Image) -> Image.Image:
    """Return a decoded picture as RGB or RGBA in sRGB, uint8; RGB where all of it is opaque.

    A colour profile is applied, or left where it is damaged; so is a PNG's gamma. 16 bits become 8,
    and numbers that are no integers are taken for 0–1 where they are in it, for 0–255 else.
    """
    profile, info = image.info.get("icc_profile"), image.info
    image = _eight_bits(image)
    if profile and (converted := _by_profile(image, profile)) is not None:
        image = converted
    elif image.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        image = _transformed(image, lab)
    else:
        image = _by_gamma(plain(image), info)
    image = plain(image)
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    image.info = {}  # Pillow would write its comment, profile and EXIF
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture of 16, 32 or floating bits as grey; others as they are."""
    kind = ImageMode.getmode(image.mode)
    if kind.basemode != "L" or kind.typestr in ("|u1", "|b1"):
        return image
    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    if image.mode == "F":
        values = values * 255 if values.min() >= 0 and values.max() <= 1 else values
    else:
        values = values / 257
    return Image.fromarray(np.rint(values.clip(0, 255)).astype(np.uint8))


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return a picture in sRGB by its own profile; None where that says nothing about it."""
    colours = image
    if image.mode not in _WITH_PROFILE:
        colours = plain(image)  # palettes, and what has an alpha
    alpha = colours.getchannel("A") if colours.mode == "RGBA" else None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in (source.profile.profile_description or "").lower():
            return None
        made = _transformed(colours.convert("RGB") if alpha else colours, source)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    if alpha is not None:
        made.putalpha(alpha)
    return made


def _transformed(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    transform = ImageCms.buildTransform(source, srgb, image.mode, "RGB")
    made = ImageCms.applyTransform(image, transform)
    assert made is not None  # it is only where a picture is changed in place
    return made


def _by_gamma(image: Image.Image, info: dict[str | tuple[int, int], object]) -> Image.Image:
    """Return an RGB or RGBA picture with a PNG's own gamma applied, as browsers do."""
    gamma = info.get("gamma")
    if "srgb" in info or not isinstance(gamma, float) or not 0.05 < gamma < 5:
        return image
    if abs(gamma - _SRGB_GAMMA) < 0.01:
        return image
    power = _SRGB_GAMMA / gamma
    table = [round(255 * (value / 255) ** power) for value in range(256)]
    same = list(range(256))
    return image.point(table * 3 + (same if image.mode == "RGBA" else []))
