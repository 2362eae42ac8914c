"""One foreign picture → raw pixels, in a process of its own.

    python -I upload_decoder.py SIZE PIXELS < file > pixels

The file comes on the standard input and leaves as SIZE·SIZE·3 bytes on the standard output: its
middle, upright, over white, without anything else that it held. What is wrong is one line on the
standard error, with the exit status `TOO_LARGE` or `NOT_A_PICTURE`. Limits on memory, time and
files are set before the first byte is read, so a picture that breaks a decoder breaks nothing else.
"""

import io
import resource
import sys
import warnings

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

TOO_LARGE, NOT_A_PICTURE = 3, 4
FORMATS = ("PNG", "JPEG", "WEBP")
MEMORY_BYTES = 768 * 2**20  # of addresses; 36 million pixels of RGBA and a copy take 300
CPU_S = 5


class UploadRefused(Exception):
    """A picture that is not taken, and the exit status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def limit() -> None:
    """Take from this process what it does not need."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_NPROC, 0),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def decode(data: bytes, size_px: int, most_pixels: int) -> bytes:
    """Return uint8 [size, size, 3] as bytes. Raises `UploadRefused`."""
    try:
        with warnings.catch_warnings():
            # Pillow warns above its own bound; ours is checked here, before anything is decoded
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                pixels = image.width * image.height
                if pixels > most_pixels:
                    raise UploadRefused(
                        TOO_LARGE,
                        f"it has {pixels / 1e6:.0f} megapixels, and at most "
                        f"{most_pixels / 1e6:.0f} are taken",
                    )
                frames = getattr(image, "n_frames", 1)
                # MPO, what many telephones write into .jpg, holds two stills
                if frames > 1 and image.format != "MPO":
                    raise UploadRefused(NOT_A_PICTURE, f"it moves: it has {frames} frames")
                image.draft("RGB", (2 * size_px, 2 * size_px))  # JPEG: decode at a smaller scale
                return square(image, size_px).tobytes()
    except Image.DecompressionBombError as error:
        raise UploadRefused(TOO_LARGE, "it has too many megapixels") from error
    except MemoryError as error:
        raise UploadRefused(TOO_LARGE, "it takes too much memory") from error
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, TypeError) as error:
        raise UploadRefused(NOT_A_PICTURE, "it is no PNG, JPEG or WebP that can be read") from error


def square(image: Image.Image, size_px: int) -> Image.Image:
    """Return the middle of a picture in any mode as RGB [size, size], over white, upright."""
    if image.mode.startswith("I"):  # 16 bits of grey, which a conversion would cut off
        image = image.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    image = image.convert("RGBA" if has_alpha else "RGB")
    small = ImageOps.fit(image, (size_px, size_px), Image.Resampling.LANCZOS)
    # turned after it is small; a square's middle is the same
    small.info["exif"] = image.info.get("exif", b"")
    upright = ImageOps.exif_transpose(small)
    if not has_alpha:
        return upright
    white = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(white, upright).convert("RGB")


def main() -> int:
    size_px, most_pixels = map(int, sys.argv[1:])
    limit()
    try:
        sys.stdout.buffer.write(decode(sys.stdin.buffer.read(), size_px, most_pixels))
    except UploadRefused as refused:
        sys.stderr.write(str(refused))
        return refused.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
