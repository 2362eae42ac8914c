"""What a person types → the tensors of a signature.

height=365              a number or a list, as JSON, or a text
image=@photo.jpg        a file: a picture as [H, W, C] or [C, H, W], of the size that the signature
                        takes; its bytes where a text is wanted; .npy and .json as they are
image=@photos/*.jpg     several files: several calls
height={height}         of the picture in the same call; {width}, too
"""

import glob
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import NonesuchError
from core.files import expanded
from sources.serving.server import Feature
from sources.spec.signatures import Signature, TensorInfo

_MOST_PIXELS = 64_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
_PICTURE_NAMES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class BadCall(NonesuchError):
    """Inputs or outputs that a call cannot have."""


@dataclass(frozen=True)
class Given:
    """The texts of one call, by input."""

    texts: Mapping[str, str]
    number: int  # from 1

    @property
    def file(self) -> Path | None:
        """The first file in it."""
        return next((Path(t[1:]) for t in self.texts.values() if t.startswith("@")), None)


def pairs_of(words: Sequence[str], option: str) -> list[tuple[str, str]]:
    """Return ``NAME=VALUE`` words as pairs. Raises `BadCall`."""
    pairs = []
    for word in words:
        name, found, value = word.partition("=")
        if not found or not name:
            raise BadCall(
                f"{option} {word!r} is no NAME=VALUE", f"for example: {option} image=@photo.jpg"
            )
        pairs.append((name, value))
    return pairs


def calls_of(words: Sequence[str]) -> list[Given]:
    """Return the calls that ``--in`` words mean: one, or one for each value given for a name.

    What is given once is the same in all of them. Raises `BadCall`.
    """
    values: dict[str, list[str]] = {}
    for name, text in pairs_of(words, "--in"):
        values.setdefault(name, []).extend(_files(text) if text.startswith("@") else [text])
    count = max(map(len, values.values()), default=1)
    for name, texts in values.items():
        if len(texts) not in (1, count):
            raise BadCall(
                f"--in {name} has {len(texts)} values where another has {count}",
                "give each input once, or as often as the others",
            )
    return [
        Given({name: t[0 if len(t) == 1 else i] for name, t in values.items()}, i + 1)
        for i in range(count)
    ]


def _files(text: str) -> list[str]:
    path = text[1:]
    if glob.has_magic(path) and not Path(path).exists():
        found = sorted(glob.glob(str(expanded(path))))  # noqa: PTH207 - of any folder
        if not found:
            raise BadCall(f"no file is like {path}", "quote it, so that the shell leaves it alone")
        return [f"@{name}" for name in found]
    if not expanded(path).is_file():
        raise BadCall(f"there is no file {path}", "a text that begins with @ names a file")
    return [f"@{expanded(path)}"]


def tensors_of(
    given: Given, signature: Signature, picture_range: tuple[float, float]
) -> dict[str, np.ndarray]:
    """Return the inputs of a predict call. Raises `BadCall` with what the signature takes."""
    takes = "; ".join(map(str, signature.inputs.values()))
    for name in given.texts:
        if name not in signature.inputs:
            raise BadCall(f"signature {signature.name} has no input {name!r}", f"it takes {takes}")
    missing = [name for name in signature.inputs if name not in given.texts]
    if missing:
        raise BadCall(
            f"signature {signature.name} needs {', '.join(missing)} as well", f"it takes {takes}"
        )
    sizes = _sizes(given)
    found = {}
    for name, text in given.texts.items():
        info = signature.inputs[name]
        found[name] = _fit(_value(_filled(text, sizes), info, picture_range), info)
    return found


def features_of(given: Given) -> dict[str, Feature]:
    """Return the features of an example: numbers, lists of them, texts; bytes of files."""
    sizes = _sizes(given)
    features: dict[str, Feature] = {}
    for name, text in given.texts.items():
        if text.startswith("@"):
            features[name] = Path(text[1:]).read_bytes()
        else:
            value = _json_or_text(_filled(text, sizes))
            if isinstance(value, dict) or value is None:
                raise BadCall(f"--in {name}={text} is no number, text or list of them")
            features[name] = int(value) if isinstance(value, bool) else value
    return features


def _sizes(given: Given) -> dict[str, int]:
    for text in given.texts.values():
        if text.startswith("@") and text.lower().endswith(_PICTURE_NAMES):
            height, width = read_picture(Path(text[1:]), 3).shape[:2]
            return {"height": height, "width": width}
    return {}


def _filled(text: str, sizes: Mapping[str, int]) -> str:
    if text.startswith("@"):
        return text
    return _PLACEHOLDER.sub(lambda found: str(sizes.get(found[1], found[0])), text)


def read_picture(path: Path, channels: int) -> np.ndarray:
    """Return a picture as uint8 [H, W, channels], upright. Raises `BadCall`."""
    mode = {1: "L", 4: "RGBA"}.get(channels, "RGB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise BadCall(f"{path} has more than {_MOST_PIXELS // 10**6} megapixels")
                upright = ImageOps.exif_transpose(image).convert(mode)
    except (
        OSError, ValueError, SyntaxError, UnidentifiedImageError,
        Image.DecompressionBombError, Image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        raise BadCall(f"{path} is no picture that can be read ({error})") from error
    pixels = np.asarray(upright)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _value(text: str, info: TensorInfo, picture_range: tuple[float, float]) -> np.ndarray:
    if text.startswith("@"):
        return _file_value(Path(text[1:]), info, picture_range)
    if info.dtype == "string":
        value = _json_or_text(text) if text.startswith(("[", '"')) else text
        return _array(value, info, text)
    return _array(_json_or_text(text), info, text)


def _file_value(path: Path, info: TensorInfo, picture_range: tuple[float, float]) -> np.ndarray:
    if info.dtype == "string":
        data = np.empty((), dtype=object)
        data[()] = path.read_bytes()
        return data
    if path.suffix == ".npy":
        try:
            return _cast(np.load(path, allow_pickle=False), info, str(path))
        except ValueError as error:
            raise BadCall(f"{path} is no array ({error})") from error
    if path.suffix == ".json":
        return _array(_json_or_text(path.read_text(encoding="utf-8")), info, str(path))
    pixels = _picture_for(path, info)
    if "float" not in info.dtype:
        return _cast(pixels, info, str(path))
    low, high = picture_range
    return (pixels / 255 * (high - low) + low).astype(_numpy_name(info))


def _picture_for(path: Path, info: TensorInfo) -> np.ndarray:
    """Return a picture as a signature takes it: channels, which axis they are, and size.

    uint8 [H, W, C] or [C, H, W]; stretched where the signature's lengths are fixed.
    """
    shape = info.shape or ()
    is_planes = len(shape) >= 3 and shape[-1] not in (1, 3, 4) and shape[-3] in (1, 3, 4)
    channels = shape[-3 if is_planes else -1] if shape else None
    pixels = read_picture(path, channels if channels in (1, 4) else 3)
    if len(shape) >= 3:
        size = shape[-2:] if is_planes else shape[-3:-1]
        height, width = (given or own for given, own in zip(size, pixels.shape, strict=False))
        if (height, width) != pixels.shape[:2]:
            image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
            resized = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))
            pixels = resized[:, :, None] if resized.ndim == 2 else resized
    return pixels.transpose(2, 0, 1) if is_planes else pixels


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _array(value: Any, info: TensorInfo, text: str) -> np.ndarray:
    if info.dtype == "string":
        texts = np.array(value, dtype=object)
        encoded: np.ndarray = np.vectorize(lambda part: str(part).encode(), otypes=[object])(texts)
        return encoded
    try:
        return _cast(np.array(value), info, text)
    except ValueError as error:
        raise BadCall(f"{info.key}={text[:80]} is no array of numbers ({error})") from error


def _cast(array: np.ndarray, info: TensorInfo, text: str) -> np.ndarray:
    """Return an array in the type of an input; no number becomes another one in silence."""
    wrong = BadCall(f"{info.key}={text[:80]} does not fit", f"the signature takes {info}")
    if array.dtype.kind not in "biuf":
        raise wrong
    cast = array.astype(_numpy_name(info))
    is_whole = cast.dtype.kind in "iub"
    if is_whole and not (cast == array).all():
        raise wrong
    return cast


def _numpy_name(info: TensorInfo) -> str:
    return "float32" if info.dtype == "bfloat16" else info.dtype


def _fit(array: np.ndarray, info: TensorInfo) -> np.ndarray:
    """Return an array with a batch of 1 in front where the signature has one more dimension."""
    if info.shape is None:
        return array
    if len(info.shape) == array.ndim + 1 and info.shape[0] in (None, 1):
        array = array[None]
    fits = len(info.shape) == array.ndim and all(
        length in (None, mine) for length, mine in zip(info.shape, array.shape, strict=True)
    )
    if not fits:
        raise BadCall(
            f"{info.key} has the shape {list(array.shape)}", f"the signature takes {info}"
        )
    return array
