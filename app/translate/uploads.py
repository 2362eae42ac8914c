"""Pictures that visitors send: bounded on the way in, decoded in a process apart, never stored."""

import io
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from app.http.errors import NotAPicture, NoUpload, TooLarge

MOST_BYTES = 10 * 10**6
MOST_PIXELS = 36 * 10**6
_FORM_BYTES = 2**16  # what a form needs besides its picture
_PLAIN_BYTES = 4096  # of a form without a file: to read 10 MB of one takes seconds of CPU
_BUFFER_BYTES = 2**19  # of fields, and of what is looked through for the end of a file
_PARTS = 8
_DECODING_S = 10.0  # of the clock; of the processor see upload_decoder
_DRAINED_BYTES = 64 * 10**6  # of a body that is refused, so that its sender reads the answer
_DRAINING_S = 10.0
_CHUNK_BYTES = 2**16
_DECODER = Path(__file__).with_name("upload_decoder.py")
_TOO_LARGE, _NOT_A_PICTURE = 3, 4
TAKEN = "PNG, JPEG and WebP of up to 10 MB and 36 megapixels are taken"


def read_form(
    request: Request,
) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    """Return the fields and files of a form, in memory: Flask would put files on the disk.

    Raises `TooLarge` without having kept what is too much.
    """
    has_parts = request.mimetype == "multipart/form-data"
    parser = FormDataParser(
        stream_factory=lambda *_, **__: io.BytesIO(),
        max_form_memory_size=_BUFFER_BYTES,
        max_content_length=MOST_BYTES + _FORM_BYTES if has_parts else _PLAIN_BYTES,
        max_form_parts=_PARTS,
    )
    try:
        _, fields, files = parser.parse_from_environ(request.environ)
    except RequestEntityTooLarge as error:
        _drain(request.environ)
        sent = request.content_length
        size = f"this form has {sent / 1e6:.0f} MB" if sent else "this form is too long"
        raise TooLarge(
            size, TAKEN if has_parts else f"send the picture as multipart/form-data; {TAKEN}"
        ) from error
    return fields, files


def _drain(environ: dict[str, Any]) -> None:
    """Read on for a while and keep nothing: who still sends does not read why it is refused."""
    stream, left, until = environ["wsgi.input"], _DRAINED_BYTES, time.monotonic() + _DRAINING_S
    try:
        while left > 0 and time.monotonic() < until:
            chunk = stream.read(min(_CHUNK_BYTES, left))
            if not chunk:
                return
            left -= len(chunk)
    except (OSError, ValueError):
        return


def uploaded_picture(files: MultiDict[str, FileStorage], name: str) -> bytes:
    """Return the bytes of a form's file. Raises `NoUpload` or `TooLarge`."""
    file = files.get(name)
    data = file.stream.read() if file is not None else b""
    if not data:
        raise NoUpload("no picture was sent", f"choose a file first; {TAKEN}")
    if len(data) > MOST_BYTES:
        raise TooLarge(f"this picture has {len(data) / 1e6:.0f} MB", TAKEN)
    return data


def decode_upload(data: bytes, size_px: int) -> bytes:
    """Return the middle of a picture as uint8 [size, size, 3] in bytes.

    Raises `TooLarge` or `NotAPicture`, whatever the file does to its decoder.
    """
    pixels = read_apart(_DECODER, [str(size_px), str(MOST_PIXELS)], data, _DECODING_S)
    if len(pixels) != size_px * size_px * 3:
        raise NotAPicture("this picture cannot be read", TAKEN)
    return pixels


def read_apart(script: Path, words: list[str], data: bytes, seconds: float) -> bytes:
    """Return what a script of ours makes of a foreign picture, in a process apart.

    ``seconds``: of the clock. It ends with status 3 or 4 and a line for what is too large, or no
    picture. Raises `TooLarge` or `NotAPicture`, whatever the file does to its decoder.
    """
    import subprocess  # here: a worker that never gets a picture does without

    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(script), *words],
            input=data,
            capture_output=True,
            timeout=seconds,
            env=kept | {"OPENBLAS_NUM_THREADS": "1"},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TooLarge("this picture takes too long to read", TAKEN) from error
    if done.returncode == 0:
        return done.stdout
    if done.returncode in (_TOO_LARGE, _NOT_A_PICTURE):
        reason = done.stderr.decode(errors="replace")[:200]
        kind = TooLarge if done.returncode == _TOO_LARGE else NotAPicture
        raise kind(f"this picture is not taken: {reason}", TAKEN)
    if -done.returncode in (signal.SIGXCPU, signal.SIGKILL):
        raise TooLarge("this picture takes too long to read", TAKEN)
    raise NotAPicture("this picture cannot be read", TAKEN)
