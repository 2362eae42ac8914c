"""A picture that was sent, decoded: cut, turned, any mode; a decoder that breaks or never ends."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.translate import upload_decoder, uploads
from core.settings import PROJECT
from tests.app.translate.photographs import encoded, photograph


def decoded(data: bytes, size_px: int = 32) -> np.ndarray:
    pixels = uploads.decode_upload(data, size_px)
    return np.frombuffer(pixels, np.uint8).reshape(size_px, size_px, 3).astype(int)


def test_the_middle_is_taken_upright_and_over_white() -> None:
    wide = Image.new("RGB", (90, 30), "red")
    wide.paste("blue", (30, 0, 60, 30))
    assert (decoded(encoded(wide))[4:-4, 4:-4] == (0, 0, 255)).all()
    # upper half green, stored lying on its side as telephones do (EXIF orientation 6)
    upright = Image.new("RGB", (40, 40), "white")
    upright.paste("green", (0, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    for form in ("JPEG", "PNG", "WEBP"):
        found = decoded(encoded(lying, form, exif=exif.tobytes()))
        assert np.abs(found[2:13, 2:-2] - (0, 128, 0)).max() < 12, form
        assert found[19:-2, 2:-2].min() > 240, form
    nothing = Image.new("RGBA", (40, 40), (200, 0, 0, 0))
    assert (decoded(encoded(nothing)) == 255).all()
    half = Image.new("RGBA", (40, 40), (0, 0, 0, 128))
    assert np.abs(decoded(encoded(half)) - 127).max() <= 1


@pytest.mark.parametrize(
    ("picture", "form", "colour"),
    [
        (Image.new("L", (40, 40), 90), "PNG", (90, 90, 90)),
        (Image.new("1", (40, 40), 1), "PNG", (255, 255, 255)),
        (Image.new("I;16", (40, 40), 90 * 256), "PNG", (90, 90, 90)),
        (Image.new("RGB", (40, 40), (10, 90, 200)).quantize(4), "PNG", (10, 90, 200)),
        (Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        (Image.new("LA", (40, 40), (90, 255)), "PNG", (90, 90, 90)),
    ],
)
def test_every_mode_is_read(picture: Image.Image, form: str, colour: tuple[int, ...]) -> None:
    assert np.abs(decoded(encoded(picture, form)) - colour).max() <= 3


def test_a_decoder_that_breaks_or_never_ends_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The process itself, given scripts that do what a broken decoder may do."""
    cases = {
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": (415, "cannot be read"),
        "import time; time.sleep(60)": (413, "takes too long"),
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass":
            (413, "takes too long"),
        "print('too little')": (415, "cannot be read"),
    }  # fmt: skip
    monkeypatch.setattr(uploads, "_DECODING_S", 3.0)
    from app.rendering.error_pages import notice_of
    from core.errors import NonesuchError

    for i, (script, (status, words)) in enumerate(cases.items()):
        path = tmp_path / f"{i}.py"
        path.write_text(script)
        monkeypatch.setattr(uploads, "_DECODER", path)
        with pytest.raises(NonesuchError, match=words) as raised:
            uploads.decode_upload(encoded(photograph()), 32)
        assert notice_of(raised.value).status == status


def test_the_decoders_process_is_limited(tmp_path: Path) -> None:
    """Memory, files and processor time, seen from inside."""
    script = f"""
import sys
sys.path.insert(0, {str(PROJECT)!r})
from app.translate import upload_decoder
upload_decoder.limit()
failed = []
for name, attempt in (
    ("memory", lambda: bytearray(upload_decoder.MEMORY_BYTES)),
    ("file", lambda: open({str(tmp_path / "x")!r}, "w", buffering=1).write("x\\n")),
    ("files", lambda: [open("/dev/null") for _ in range(20)]),
):
    try:
        attempt()
    except (MemoryError, OSError):
        failed.append(name)
import resource
print(failed, resource.getrlimit(resource.RLIMIT_CPU)[1], resource.getrlimit(resource.RLIMIT_FSIZE))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "['memory', 'file', 'files'] 5 (0, 0)", done.stderr


def test_both_sides_agree_on_exit_statuses() -> None:
    assert (uploads._TOO_LARGE, uploads._NOT_A_PICTURE) == (
        upload_decoder.TOO_LARGE, upload_decoder.NOT_A_PICTURE,
    )  # fmt: skip
