"""Pictures that visitors send, good and bad."""

import io

import numpy as np
from PIL import Image


def encoded(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def photograph(width: int = 90, height: int = 60) -> Image.Image:
    """Noise in which every pixel differs, so that a cut or a turn is seen."""
    levels = np.random.RandomState(4).randint(0, 256, (height // 6, width // 6, 3))
    return Image.fromarray(levels.astype(np.uint8)).resize((width, height))


def huge() -> bytes:
    """144 megapixels in 17 kB."""
    return encoded(Image.new("1", (12_000, 12_000)))


def moving() -> bytes:
    """200 frames."""
    random = np.random.RandomState(2)
    frames = [Image.fromarray(random.randint(0, 256, (16, 16, 3), np.uint8)) for _ in range(200)]
    return encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=40)


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
)


BAD = {
    "144 megapixels": (huge, 413, "it has 144 megapixels, and at most 36 are taken"),
    "200 frames": (moving, 415, "it moves: it has 200 frames"),
    "SVG": (lambda: SVG, 415, "it is no PNG, JPEG or WebP that can be read"),
    "HTML": (lambda: b"<!doctype html><title>a.png</title>", 415, "it is no PNG, JPEG or WebP"),
    "GIF": (lambda: encoded(photograph(), "GIF"), 415, "it is no PNG, JPEG or WebP"),
    "cut off": (lambda: encoded(photograph())[:900], 415, "it is no PNG, JPEG or WebP"),
    "nothing": (lambda: b"", 400, "no picture was sent"),
    "no file": (lambda: None, 400, "no picture was sent"),
    "11 MB": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(10_000_100), 413, "10 MB"),
    "50 MB": (lambda: bytes(50 * 10**6), 413, "this form has 50 MB"),
}
