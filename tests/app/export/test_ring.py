"""The scripts' ring is that of store.queries.text_ring: the same texts give the same pictures."""

import hashlib
import json
import random
import shutil
import subprocess
from bisect import bisect_left
from pathlib import Path

import pytest

from app.export.scripts import SCRIPTS
from store.index.writes import point_of
from store.queries.text_ring import (
    NEXT,
    PROBES,
    BadText,
    _keys,
    normal_text,
    ranking,
)
from tests.programs import absent

SCRIPT = """
import { shake128 } from "./shake.js";
import { BadText, hashOfPoint, normalText, placeOfHash, pointOfText } from "./ring.js";
import { readFileSync } from "node:fs";
const asked = JSON.parse(readFileSync(0));
const sorted = asked.rings.map((points) => BigUint64Array.from(points.map(BigInt)));
const normal = (text) => {
  try { return normalText(text); } catch (error) {
    if (error instanceof BadText) return null;
    throw error;
  }
};
console.log(JSON.stringify({
  digests: asked.texts.map((text) => Buffer.from(shake128(Buffer.from(text), 400)).toString("hex")),
  normal: asked.odd.map(normal),
  chosen: sorted.map((points) => asked.texts.map((text) => String(pointOfText(text, points)))),
  hashes: sorted.map((points) => [...points].map(hashOfPoint)),
  places: sorted.map((points) => asked.hashes.map((hash) => placeOfHash(hash, points))),
}));
"""
# accents typed in two ways, signs of other planes, half of one, what is no text, the longest
ODD = ["e\u0301", "é", "A", "", "a\ud800b", "x\ufffd", "👩‍🚀", "ﬁ", "가", "x" * 1000, "x" * 1001,
       "é" * 500, "é" * 501, "e\u0301" * 500, "\U0001f680" * 250, "\U0001f680" * 251]  # fmt: skip


def in_node(folder: Path, asked: object) -> dict[str, list[object]]:
    """Run `SCRIPT` over the exported scripts; return what it printed."""
    node = shutil.which("node")
    if node is None:
        absent("needs Node.js (Debian: apt-get install nodejs)")
    for path in SCRIPTS.glob("*.js"):
        shutil.copy(path, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "main.js").write_text(SCRIPT)
    done = subprocess.run(
        [str(node), "main.js"], cwd=folder, input=json.dumps(asked), capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, list[object]] = json.loads(done.stdout)
    return found


def chosen(text: str, points: list[int]) -> int:
    """Return the point of a text's picture, with the rows that the index would give."""
    keys = _keys(text)
    rows = [(PROBES, point) for point in points[:NEXT]]
    for probe, (place, _) in enumerate(keys):
        first = bisect_left(points, place)
        rows += [(probe, point) for point in points[first : first + NEXT]]
    return next(ranking(keys, rows))


def normal(text: str) -> str | None:
    try:
        return normal_text(text)
    except BadText:
        return None


@pytest.mark.slow
def test_python_and_javascript_agree(tmp_path: Path) -> None:
    rng = random.Random(0)
    sizes = (1, 2, 3, 4, 5, 30, 3000)
    hashes = [hashlib.sha256(f"{n}".encode()).hexdigest() for n in range(3000)]
    rings = [sorted(point_of(sha256) for sha256 in hashes[:size]) for size in sizes]
    rings.append(sorted([7, 7, 9, *rings[5]]))  # two of the same bytes
    texts = [f"text {n}" for n in range(80)]
    texts += ["".join(chr(rng.randint(32, 0x2FFF)) for _ in range(n)) for n in (1, 56, 167, 300)]
    known = [sha256[:12] for sha256 in hashes[:40]] + ["000000000000", "ffffffffffff"]
    as_texts = [[str(point) for point in ring] for ring in rings]  # JSON has no whole numbers
    asked = {"texts": texts, "odd": ODD, "hashes": known, "rings": as_texts}
    theirs = in_node(tmp_path, asked)
    assert theirs["digests"] == [hashlib.shake_128(text.encode()).hexdigest(400) for text in texts]
    assert theirs["normal"] == [normal(text) for text in ODD]
    assert theirs["chosen"] == [[str(chosen(text, ring)) for text in texts] for ring in rings]
    assert theirs["hashes"] == [[f"{point >> 15:012x}" for point in ring] for ring in rings]
    for ring, places in zip(rings, theirs["places"], strict=True):
        ours = [f"{point >> 15:012x}" for point in ring]
        assert places == [ours.index(each) if each in ours else None for each in known]
