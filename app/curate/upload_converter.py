"""One foreign picture → a file for the store, in a process of its own.

    python -I upload_converter.py PIXELS NAME < file > file

As app/translate/upload_decoder.py, but that the whole picture is kept, converted as `flask adopt`
converts it. NAME is the category's. What is wrong is one line on the standard error, with the exit
status `TOO_LARGE` or `NOT_A_PICTURE`.
"""

import io
import resource
import sys
import warnings
from pathlib import Path

TOO_LARGE, NOT_A_PICTURE = 3, 4
MEMORY_BYTES = 1536 * 2**20  # of addresses; 36 million pixels, three times over, and the encoder
CPU_S = 40  # of which a WebP of 36 million pixels takes 15


def limit() -> None:
    """Take from this process what it does not need, now that its modules are there."""
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


def main() -> int:
    most_pixels, name = int(sys.argv[1]), sys.argv[2]
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from PIL import Image

    from store.formats.adoption import convert
    from store.formats.encoding import BadPicture, find_format

    chosen = find_format("webp")
    limit()
    data = sys.stdin.buffer.read()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                pixels = image.width * image.height
    except Exception:
        pixels = 0
    if pixels > most_pixels:
        most = f"at most {most_pixels / 1e6:.0f} are taken"
        sys.stderr.write(f"it has {pixels / 1e6:.0f} megapixels, and {most}")
        return TOO_LARGE
    try:
        made = convert(data, chosen, name).data
    except BadPicture as error:
        sys.stderr.write(error.message)
        return NOT_A_PICTURE
    except MemoryError:
        sys.stderr.write("it takes too much memory")
        return TOO_LARGE
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
