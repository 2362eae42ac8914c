"""Tensors → files: pictures, masks in colours, arrays, JSON."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sources.serving.call_inputs import BadCall

WRITTEN = (".png", ".jpg", ".jpeg", ".webp", ".npy", ".json")


def encoded(name: str, values: np.ndarray, path: Path, out_range: tuple[float, float]) -> bytes:
    """Return the bytes of an output's file, by the file's ending. Raises `BadCall`."""
    suffix = path.suffix.lower()
    buffer = io.BytesIO()
    if suffix == ".npy":
        if values.dtype == object:
            raise BadCall(f"{name} holds texts", "write them to a .json file, or one to any other")
        np.save(buffer, values)
        return buffer.getvalue()
    if suffix == ".json":
        return (json.dumps(_plain(values.tolist()), ensure_ascii=False) + "\n").encode()
    if values.dtype == object:
        if values.size != 1:
            raise BadCall(f"{name} holds {values.size} texts", f"write them to {path.stem}.json")
        return bytes(values.reshape(-1)[0])
    image = _image(name, values, out_range)
    image = image.convert("RGB") if suffix in (".jpg", ".jpeg") else image
    image.save(buffer, {".jpg": "JPEG", ".jpeg": "JPEG"}.get(suffix, suffix[1:].upper()))
    return buffer.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _image(name: str, values: np.ndarray, out_range: tuple[float, float]) -> Image.Image:
    """Return [H, W, C] or [H, W] as a picture; whole numbers [H, W] are labels, each a colour."""
    if values.ndim > 2 and values.shape[0] == 1:  # a batch of one
        values = values[0]
    if values.ndim == 3 and values.shape[-1] == 1:
        values = values[:, :, 0]
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[-1] not in (3, 4)):
        raise BadCall(
            f"{name} has the shape {list(values.shape)}, which is no picture", "write it to a .npy"
        )
    if values.dtype.kind == "f":
        low, high = out_range
        unit = (values.astype(np.float32) - low) / (high - low)
        if not np.isfinite(unit).all():
            raise BadCall(f"{name} is not finite everywhere", "write it to a .npy")
        return Image.fromarray(np.rint(np.clip(unit, 0, 1) * 255).astype(np.uint8))
    if values.size and (values.min() < 0 or values.max() > 255):
        raise BadCall(f"{name} goes from {values.min()} to {values.max()}", "write it to a .npy")
    levels = values.astype(np.uint8)
    if values.ndim == 3 or values.dtype == np.uint8:
        return Image.fromarray(levels)
    image = Image.frombytes("P", levels.shape[::-1], levels.tobytes())
    image.putpalette(label_colours())
    return image


def label_colours() -> list[int]:
    """Return 256 colours that are told apart, as PASCAL VOC's masks have them: R, G, B, R, …

    The bits of a label, three by three, become the high bits of the three channels.
    """
    colours = []
    for label in range(256):
        for channel in range(3):
            level = 0
            for place in range(3):
                level |= (label >> (3 * place + channel) & 1) << (7 - place)
            colours.append(level)
    return colours
