"""A file as it leaves the site: with its licence inside, and nothing else changed."""

import io
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.licences import CC0, Licence
from store.formats.encoding import FORMATS, encode, encode_image, find_format
from store.formats.licensing import licensed
from store.formats.metadata import Provenance, from_xmp, read_packet, to_xmp
from store.formats.resizing import resized

RIGHTS = "{http://ns.adobe.com/xap/1.0/rights/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
ORIGIN = Provenance("tiny/1", "ab" * 32, "hat", 7, 0.5, "0" * 16, ("1f986",))
LICENCES = [CC0, Licence("Ann's own <terms> & \"rules\"", "https://x.example/?a=1&b=2"),
            Licence("Ünïcode 許可", "http://x.example/")]  # fmt: skip


def picture(channels: int = 4) -> np.ndarray:
    return np.random.RandomState(3).randint(0, 256, (24, 32, channels)).astype(np.uint8)


def opened(data: bytes) -> tuple[bytes, dict[Any, Any], np.ndarray]:
    """Return the packet, what else a file says, and its pixels."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        info = {k: v for k, v in image.info.items() if k not in ("xmp", "XML:com.adobe.xmp")}
        return read_packet(image), info, np.asarray(image)


def said(packet: bytes) -> tuple[str | None, list[tuple[str, str | None]]]:
    """Return what a packet says of the rights, as any reader of XMP finds it."""
    (description,) = ET.fromstring(packet).iter(f"{RDF}Description")
    terms = [
        (each.attrib["{http://www.w3.org/XML/1998/namespace}lang"], each.text)
        for each in description.iterfind(f"{RIGHTS}UsageTerms/{RDF}Alt/{RDF}li")
    ]
    return description.get(f"{RIGHTS}WebStatement"), terms


@pytest.mark.parametrize("licence", LICENCES, ids=lambda licence: licence.url)
@pytest.mark.parametrize("name", list(FORMATS))
def test_the_licence_is_inside_and_the_pixels_are_the_same(name: str, licence: Licence) -> None:
    data = encode(picture(3 if name == "jpeg" else 4), find_format(name), ORIGIN)
    made = licensed(data, licence)
    packet, info, pixels = opened(made)
    assert said(packet) == (licence.url, [("x-default", licence.name)])
    assert from_xmp(packet) == ORIGIN
    before, info_before, pixels_before = opened(data)
    assert said(before) == (None, [])
    assert info == info_before and np.array_equal(pixels, pixels_before)
    # a licence that is there is somebody's word
    assert licensed(made, CC0) == made == licensed(made, licence)
    assert encode(picture(3 if name == "jpeg" else 4), find_format(name), ORIGIN) == data


@pytest.mark.parametrize("length", [0, 1])
def test_webp_chunks_are_even(length: int) -> None:
    data = licensed(
        encode(picture(), find_format("webp"), ORIGIN), Licence("x" * length + "y", CC0.url)
    )
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert said(opened(data)[0])[0] == CC0.url


def test_a_loop_keeps_its_frames() -> None:
    frames = [Image.fromarray(np.roll(picture(), shift, 0)) for shift in range(5)]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, "WEBP", save_all=True, append_images=frames[1:], duration=80, xmp=to_xmp(ORIGIN)
    )
    with Image.open(io.BytesIO(licensed(buffer.getvalue(), CC0))) as loop:
        assert getattr(loop, "n_frames", 1) == 5
        assert said(read_packet(loop))[0] == CC0.url


@pytest.mark.parametrize("name", list(FORMATS))
def test_what_others_made_or_rewrote_is_left_alone(name: str) -> None:
    own = Image.fromarray(picture(3))
    others = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="%s"/></x:xmpmeta>' % (
        RDF[1:-1].encode()
    )
    for packet in (b"", others, to_xmp(ORIGIN) + b"\n"):
        data = encode_image(own, find_format(name), packet)
        assert licensed(data, CC0) is data
    data = encode(picture(3), find_format(name), ORIGIN)
    assert licensed(data, None) is data


def test_another_size_says_it_too() -> None:
    data = encode(picture(), find_format("webp"), ORIGIN)
    for extension in ("webp", "png", "jpg", "avif"):
        for size in (16, 32, 64):
            packet, _, _ = opened(resized(data, size, extension, CC0))
            assert said(packet) == (CC0.url, [("x-default", CC0.name)])
            assert said(opened(resized(data, size, extension))[0]) == (None, [])
    assert resized(data, 32, "webp", CC0) == licensed(data, CC0)


def test_packets_without_a_licence_are_what_they_were() -> None:
    """The stored bytes, and with them every address, rest on this."""
    assert to_xmp(ORIGIN) == (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
        b'"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        b'xmlns:n="urn:nonesuch:provenance:1" i:DigitalSourceType='
        b'"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" '
        b'n:model="tiny/1" n:model_digest="' + b"ab" * 32 + b'" n:category="hat" n:seed="7" '
        b'n:truncation="0.5" n:phash="0000000000000000" n:nearest="1f986"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
