"""What each file says of itself: XMP with the IPTC mark for generated media and its provenance.

So the index can be rebuilt from the folders alone, and a picture that travels still says that it
was generated. The digital source type is IPTC's term for it:
https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from core.licences import Licence

if TYPE_CHECKING:
    from PIL import Image

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
# a name, not an address: XMP asks for one per vocabulary
_OWN = "urn:nonesuch:provenance:1"
_CONCEPTS = re.compile(r"[0-9A-Za-z_.-]{1,49}( [0-9A-Za-z_.-]{1,49})?")  # 99 at most
_END = re.compile(rb"</(?:[A-Za-z][\w.-]*:)?RDF>")
_ORIENTATION = re.compile(rb"(tiff:Orientation(?:=[\"']|>))[2-8]")
_EMPTY = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"></rdf:RDF></x:xmpmeta>'
).encode()
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FIELDS = ("model", "model_digest", "category", "seed", "truncation", "phash")


@dataclass(frozen=True)
class Provenance:
    """Where a generated picture comes from."""

    model: str  # name/version
    model_digest: str  # SHA-256, hexadecimal
    category: str  # slug
    seed: int
    truncation: float
    phash: str  # of the picture before encoding, so that a rebuilt index is the same index
    nearest: tuple[str, ...] = ()  # one or two concepts, where that is known
    towards: int | None = None  # another seed, of a picture on the way from one to the other
    share: float = 0.0  # 0-1 of that way


def to_xmp(provenance: Provenance, licence: Licence | None = None) -> bytes:
    """Return the XMP packet that every generated file carries; no time stamp in it.

    ``licence``: what it says of the rights; no file in the store says anything of them.
    """
    fields = " ".join(f"n:{name}={quoteattr(str(getattr(provenance, name)))}" for name in _FIELDS)
    if provenance.nearest:
        fields += f" n:nearest={quoteattr(' '.join(provenance.nearest))}"
    if provenance.towards is not None:
        fields += f' n:towards="{provenance.towards}" n:share="{provenance.share:g}"'
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{_RDF}"><rdf:Description rdf:about="" '
        f'xmlns:i="{_IPTC}" xmlns:n="{_OWN}" i:DigitalSourceType="{SOURCE_TYPE}" {fields}'
        f"{_rights(licence)}</rdf:RDF></x:xmpmeta>"
    ).encode()


def _rights(licence: Licence | None) -> str:
    """Return the end of the description, with the properties of XMP's rights management schema."""
    if licence is None:
        return "/>"
    return (
        f' xmlns:xmpRights="{_RIGHTS}" xmpRights:WebStatement={quoteattr(licence.url)}>'
        f'<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">{escape(licence.name)}'
        "</rdf:li></rdf:Alt></xmpRights:UsageTerms></rdf:Description>"
    )


def with_licence(packet: bytes, licence: Licence | None) -> bytes:
    """Return a packet that `to_xmp` wrote with a licence in it; any other as it is."""
    provenance = from_xmp(packet)
    if provenance is None or to_xmp(provenance) != packet:
        return packet
    return to_xmp(provenance, licence)


def from_xmp(packet: bytes) -> Provenance | None:
    """Return the provenance in an XMP packet, or None where there is none or it is not whole.

    A picture between two seeds has none here: an index takes it for a picture of one seed else.
    """
    if b"<!" in packet:  # no document type, no entities: nothing that expands
        return None
    try:
        root = ET.fromstring(packet.strip(b"\x00"))  # noqa: S314
    except ET.ParseError:
        return None
    for description in root.iter(f"{{{_RDF}}}Description"):
        values = {name: description.get(f"{{{_OWN}}}{name}") for name in _FIELDS}
        is_of_two = description.get(f"{{{_OWN}}}towards") is not None
        if not is_of_two and all(value is not None for value in values.values()):
            try:
                return Provenance(
                    model=str(values["model"]),
                    model_digest=str(values["model_digest"]),
                    category=str(values["category"]),
                    seed=int(str(values["seed"])),
                    truncation=float(str(values["truncation"])),
                    phash=str(values["phash"]),
                    nearest=_concepts(description.get(f"{{{_OWN}}}nearest")),
                )
            except ValueError:
                return None
    return None


@dataclass(frozen=True)
class Adopted:
    """What a picture that was taken in from elsewhere says of itself."""

    original: str  # SHA-256 of the file that it was made of, hexadecimal
    name: str  # what its category is called, in its own writing


def adopted_xmp(adopted: Adopted, packet: bytes = b"", texts: str = "") -> bytes:
    """Return the XMP packet of an adopted picture; no time stamp in it.

    ``packet``: the picture's own, to which it is added; ``texts``: what else the file said.
    """
    fields = f"n:original={quoteattr(adopted.original)} n:name={quoteattr(adopted.name)}"
    if texts:
        fields += f" n:texts={quoteattr(_NO_XML.sub('', texts))}"
    added = f'<rdf:Description xmlns:rdf="{_RDF}" rdf:about="" xmlns:n="{_OWN}" {fields}/>'
    end = None if b"<!" in packet else _END.search(packet)
    if end is None:
        packet = _EMPTY
        end = _END.search(packet)
        assert end is not None
    # the pixels are turned by now, and Pillow reads this as a camera's word
    head = _ORIENTATION.sub(rb"\g<1>1", packet[: end.start()])
    return head + added.encode() + packet[end.start() :]


def read_adopted(image: "Image.Image") -> Adopted | None:
    """Return what an opened picture says that was adopted, None of any other."""
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(packet, str):
        packet = packet.encode()
    if not packet or b"<!" in packet:
        return None
    try:
        root = ET.fromstring(packet.strip(b"\x00"))  # noqa: S314
    except ET.ParseError:
        return None
    for description in root.iter(f"{{{_RDF}}}Description"):
        original = description.get(f"{{{_OWN}}}original") or ""
        name = description.get(f"{{{_OWN}}}name") or ""
        if re.fullmatch("[0-9a-f]{64}", original) and name:
            return Adopted(original, name[:200])
    return None


def _concepts(text: str | None) -> tuple[str, ...]:
    """Return concepts as they are written; none where there are none, or something else."""
    return tuple(text.split(" ")) if text and _CONCEPTS.fullmatch(text) else ()


def read_provenance(image: "Image.Image") -> Provenance | None:
    """Return the provenance that an opened picture carries, if any."""
    packet = read_packet(image)
    return from_xmp(packet) if packet else None


def read_packet(image: "Image.Image") -> bytes:
    """Return the XMP packet of an opened picture; empty where it has none."""
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return packet.encode() if isinstance(packet, str) else bytes(packet)
