"""The lists of pictures, for the scripts of the exported site and for other programs.

    pictures/index.json             how many there are, and the categories
    pictures/<n>.json               the pictures, `CHUNK` a file, in the order of their numbers
    pictures/ring.<digest>.bin      where they lie on the ring of `store.queries.text_ring`: all
                                    points in ascending order, as little-endian numbers of 64 bits,
                                    then in the same order the pictures' numbers, of 32 bits

A list that is kept by a browser belongs to the ring that it names, since the name holds a digest.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict

from app.export.folder import Folder
from app.rendering.phrases import Phrases
from core.licences import Licences
from store.index.writes import point_of
from store.queries.gallery import PAGE, Shelves
from store.queries.rows import Picture

CHUNK = 256  # about 30 kB


def write_lists(
    folder: Folder, base: str, shelves: Shelves, pictures: Iterable[Picture], licences: Licences,
    phrases: Phrases,
) -> None:  # fmt: skip
    """Write all lists; ``pictures`` come in the order of their numbers."""
    places: list[tuple[int, int, int]] = []  # point, id, number
    waiting: list[dict[str, object]] = []
    for number, picture in enumerate(pictures):
        places.append((point_of(picture.sha256), picture.id, number))
        waiting.append({
            "id": picture.short_hash, "category": picture.category,
            "url": f"{base}images/{picture.category}/{picture.file}",
            "page": f"{base}i/{picture.short_hash}/",
            "width": picture.width, "height": picture.height,
            **({} if picture.model else {"is_adopted": True}),
        })  # fmt: skip
        if len(waiting) == CHUNK or number + 1 == shelves.total:
            folder.put_json(f"pictures/{number // CHUNK}.json", {"pictures": waiting})
            waiting = []
    ring = _ring(places)
    ring_name = f"pictures/ring.{hashlib.sha256(ring).hexdigest()[:12]}.bin"
    folder.put(ring_name, ring)
    folder.put_json("pictures/index.json", {
        "total": shelves.total,
        "licence": asdict(licences.generated) if licences.generated else None,
        "adopted_licence": asdict(licences.adopted) if licences.adopted else None,
        "chunk": CHUNK,
        "page": PAGE,
        "points": ring_name,
        "categories": [
            {"slug": shelf.slug, "name": shelf.name, "said": phrases.answer(shelf.slug, shelf.name),
             "pictures": shelf.pictures, "first": shelf.first, "url": f"{base}c/{shelf.slug}/"}
            for shelf in shelves.shelves
        ],
    })  # fmt: skip


def _ring(places: list[tuple[int, int, int]]) -> bytes:
    places.sort()  # of several at one point the one that was added first comes first, as there
    points = b"".join(point.to_bytes(8, "little") for point, _, _ in places)
    return points + b"".join(number.to_bytes(4, "little") for _, _, number in places)
