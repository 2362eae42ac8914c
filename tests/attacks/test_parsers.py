"""Whatever is given to a parser, it reads it or refuses it in one line: no other error comes out.

Texts and bytes are Hypothesis's, and real ones with a few bytes changed.
"""

import io
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Request
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from app.game.tokens import PlayTokens, Round
from app.http.answers import etag_matches
from app.http.picture_files import single_range
from app.http.picture_formats import accepted_extension, split_ending
from app.pictures.permalinks import Permalinks
from app.rendering.languages import LOCALES, locale_chooser
from app.rendering.names import Developer
from app.rendering.negotiation import prefers_json
from core.errors import NonesuchError
from core.settings import read_settings
from core.slugs import nearest
from gan.features.torch_file import MAGIC_NUMBER, PROTOCOL, read_torch_file
from gan.runs.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from sources.serving.address import parse_address
from sources.spec.model_toml import parse_contents
from store.formats.metadata import from_xmp
from store.queries.shuffle import Walk, read_walk
from store.queries.text_ring import LONGEST_BYTES, normal_text
from tests.tiny_model import MODEL_TOML

PERMALINKS = Permalinks(b"key")
TOKENS = PlayTokens(b"key")
CHOOSE = locale_chooser("en_US")
# what visitors send is latin-1 by then, but for what was unescaped
TEXT = st.text(max_size=300)
HEADER = st.text(st.characters(max_codepoint=255), max_size=300)
SIGNED = PERMALINKS.address("0123456789ab", Developer("Ann", "en_US")).partition("by=")[2]
ASKED = Round("0123456789ab", "hat", ("hat", "cat"))


def changed(real: str) -> st.SearchStrategy[str]:
    """Return a real text with a part replaced by any other."""
    places = st.integers(0, len(real))
    return st.builds(
        lambda a, b, new: real[: min(a, b)] + new + real[max(a, b) :],
        places, places, st.text(max_size=8),
    )  # fmt: skip


def changed_bytes(real: bytes) -> st.SearchStrategy[bytes]:
    """Return real bytes of which some are others, or missing."""

    def change(places: list[tuple[int, int]], length: int) -> bytes:
        data = bytearray(real)
        for place, value in places:
            data[place] = value
        return bytes(data[:length])

    flips = st.tuples(st.integers(0, len(real) - 1), st.integers(0, 255))
    return st.builds(change, st.lists(flips, max_size=4), st.integers(0, len(real)))


def asked_with(**headers: str) -> Request:
    builder = EnvironBuilder(path="/")
    environ = builder.get_environ()
    environ.update({f"HTTP_{name.upper()}": value for name, value in headers.items()})
    return Request(environ)


PARSERS: dict[str, tuple[Callable[[str], Any], st.SearchStrategy[str]]] = {
    "walk": (read_walk, TEXT | changed("0123456789ab01234567.3")),
    "permalink": (lambda t: PERMALINKS.credit("0123456789ab", t), TEXT | changed(SIGNED)),
    "play token": (TOKENS.open, TEXT | changed(TOKENS.seal(ASKED))),
    "language": (CHOOSE, HEADER | changed("de-CH,fr;q=0.5,*;q=0.1")),
    "etag": (lambda t: etag_matches(t, '"0123"'), HEADER | changed('W/"0123", "x"')),
    "range": (lambda t: single_range(t, 1000), HEADER | changed("bytes=0-99")),
    "accept": (lambda t: accepted_extension(asked_with(accept=t)), HEADER | changed("image/webp")),
    "json or page": (lambda t: prefers_json(asked_with(accept=t)), HEADER),
    "ending": (split_ending, TEXT | changed("a.webp")),
    "text of a seed": (normal_text, TEXT | st.text(min_size=LONGEST_BYTES, max_size=9000)),
    "nearest": (lambda t: nearest(t, ["hat", "cat"]), TEXT),
    "address of a model": (parse_address, TEXT | changed("grpc://host:8500/name/3?tls=1&tries=2")),
    "model.toml": (
        lambda t: parse_contents(Path("model.toml"), t),
        TEXT | changed(MODEL_TOML.format(name="tiny", version=1)),
    ),
    "database's address": (lambda t: read_settings({"DATABASE_URL": t}), TEXT),
    "bucket's address": (lambda t: read_settings({"STORE_URL": t}), TEXT | changed("s3://a/b")),
    "number of a setting": (lambda t: read_settings({"NONESUCH_BUSY_TIMEOUT_S": t}), TEXT),
    "share of a setting": (lambda t: read_settings({"NONESUCH_PROXY_COUNT": t}), TEXT),
}


@pytest.mark.parametrize("name", PARSERS)
def test_texts_are_read_or_refused_in_one_line(name: str) -> None:
    parse, texts = PARSERS[name]

    @settings(max_examples=150, deadline=None, database=None)
    @given(texts)
    @example("")
    @example("\0")
    @example("\ud800")
    @example("9" * 5000)
    @example("[" * 2000)
    def whatever(text: str) -> None:
        try:
            parse(text)
        except NonesuchError as error:
            assert error.message and "\n" not in error.message.rstrip()
        except HTTPException as error:
            assert 400 <= (error.code or 0) < 500

    whatever()


@given(st.text(alphabet="0123456789abcdef", min_size=12, max_size=12) | st.just(""),
       st.integers(0, 2**32 - 1), st.integers(0, 10**12 - 1))  # fmt: skip
def test_walks_are_read_as_they_are_written(first: str, key: int, step: int) -> None:
    walk = Walk(first, key, step)
    assert read_walk(walk.at(step)) == walk


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
       st.sampled_from(sorted(LOCALES)))  # fmt: skip
def test_names_come_back_from_their_links_and_from_no_other_picture(name: str, locale: str) -> None:
    developer = Developer(name, locale)
    by = PERMALINKS.address("0123456789ab", developer).partition("by=")[2]
    assert PERMALINKS.credit("0123456789ab", by).developer == developer
    assert PERMALINKS.credit("0123456789ac", by).developer != developer


@given(changed(SIGNED))
def test_a_changed_signature_shows_no_words_of_others(by: str) -> None:
    found = PERMALINKS.credit("0123456789ab", by)
    if by != SIGNED:
        assert found == PERMALINKS.credit("0123456789ab", "")


def torch_file() -> bytes:
    file = io.BytesIO()
    parts: tuple[object, ...] = (MAGIC_NUMBER, PROTOCOL, {"little_endian": True}, {}, [])
    for part in parts:
        pickle.dump(part, file, protocol=2)
    return file.getvalue()


@settings(deadline=None, database=None)
@given(st.binary(max_size=400) | changed_bytes(torch_file()))
def test_weights_files_are_read_or_refused(data: bytes) -> None:
    try:
        read_torch_file(data)
    except NonesuchError as error:
        assert error.message


def test_no_code_of_a_weights_file_runs(tmp_path: Path) -> None:
    target = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (target,)

    for parts in ([Evil()], [MAGIC_NUMBER, PROTOCOL, {"little_endian": True}, Evil(), []]):
        file = io.BytesIO()
        for part in parts:
            pickle.dump(part, file, protocol=2)
        with pytest.raises(NonesuchError):
            read_torch_file(file.getvalue())
    assert not target.exists()


@settings(deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_checkpoints_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "checkpoint-000000001.npz"
    if not (tmp_path / "real").exists():
        made = save_checkpoint(tmp_path, 1, Checkpoint({"a/000": np.ones(3)}, {"step": 1}))
        made.rename(tmp_path / "real")
    path.write_bytes(data.draw(changed_bytes((tmp_path / "real").read_bytes())))
    try:
        load_checkpoint(path)
    except NonesuchError as error:
        assert str(path) in error.message


@settings(database=None)
@given(st.binary(max_size=600))
@example(b"<x:xmpmeta><!DOCTYPE a [<!ENTITY b 'c'>]>")
@example(b'<!DOCTYPE l [<!ENTITY a "' + b"x" * 99 + b'">' + b"&a;" * 99 + b"]>")
def test_marks_of_origin_are_read_or_there_are_none(packet: bytes) -> None:
    from_xmp(packet)
    from_xmp(zlib.compress(packet))
