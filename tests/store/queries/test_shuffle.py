"""The shuffle: a bijection, its inverse, laps; and the same in JavaScript."""

import base64
import json
import shutil
import subprocess

import numpy as np
import pytest
from scipy.stats import chisquare

from core.settings import PROJECT
from store.queries.shuffle import MOST, Walk, permute, place_of, read_walk
from tests.programs import absent

TOTALS = [1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 100, 1000, 3600]
# imported by its content: a file would be no module to Node by the ending .js alone
TWIN = """
import { readFileSync } from "node:fs";
import { permute, placeOf, numberAt, readWalk } from "data:text/javascript;base64,%s";
const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({
  permuted: asked.places.map(([k, p, n]) => permute(k, p, n)),
  placed: asked.places.map(([k, p, n]) => placeOf(k, p, n)),
  numbers: asked.steps.map(([k, s, n, f]) => numberAt(k, s, n, f)),
  read: asked.texts.map(readWalk),
}));
"""


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("key", [0, 1, 0xFFFFFFFF])
def test_every_number_comes_once_and_is_found_again(total: int, key: int) -> None:
    numbers = [permute(key, place, total) for place in range(total)]
    assert sorted(numbers) == list(range(total))
    assert [place_of(key, number, total) for number in numbers] == list(range(total))


def test_it_is_a_shuffle_and_every_key_has_its_own() -> None:
    """First places of many keys are uniform, and neighbours do not stay neighbours."""
    firsts = [permute(key, 0, 20) for key in range(20_000)]
    assert chisquare(np.bincount(firsts, minlength=20)).pvalue > 1e-6
    steps = np.diff([permute(7, place, 3600) for place in range(3600)])
    assert (abs(steps) == 1).sum() < 20
    orders = {tuple(permute(key, place, 12) for place in range(12)) for key in range(500)}
    assert len(orders) == 500


def test_it_holds_for_as_many_as_a_walk_can_tell_apart() -> None:
    for place in (0, 1, MOST // 2, MOST - 1):
        assert place_of(9, permute(9, place, MOST), MOST) == place
    for total in (0, -1, MOST + 1):
        with pytest.raises(ValueError, match="a walk is over"):
            permute(0, 0, total)


@pytest.mark.parametrize("total", [1, 2, 7, 100])
def test_a_walk_begins_with_the_first_and_each_lap_is_another(total: int) -> None:
    first = total // 2
    laps = [
        [Walk("0" * 12, 5, lap * total + i).number(total, first) for i in range(total)]
        for lap in range(3)
    ]
    assert laps[0][0] == first
    assert all(sorted(lap) == list(range(total)) for lap in laps)
    assert total < 7 or laps[0] != laps[1] != laps[2]


@pytest.mark.parametrize(
    ("text", "walk"),
    [
        ("7.0", Walk("", 7, 0)),
        ("ffffffff.999999999999", Walk("", 0xFFFFFFFF, 999999999999)),
        ("0f1e2d3c4b5a00000007.3", Walk("0f1e2d3c4b5a", 7, 3)),
    ],
)
def test_an_address_is_read_and_written(text: str, walk: Walk) -> None:
    assert read_walk(text) == walk
    assert walk.at(walk.step) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "7.",
        ".7",
        "7.-1",
        "7.1e3",
        "G.1",
        "7.1 ",
        "7.٣",
        "0f1e2d3c4b5a7.3",
        "7." + "9" * 13,
    ],
)
def test_what_is_no_walk(text: str) -> None:
    assert read_walk(text) is None


def test_python_and_javascript_agree() -> None:
    node = shutil.which("node")
    if node is None:
        absent("needs Node.js (Debian: apt-get install nodejs)")
    random = np.random.RandomState(0)
    places: list[tuple[int, int, int]] = []
    steps: list[tuple[int, int, int, int | None]] = []
    for _ in range(6000):
        total = int(random.choice([*TOTALS, 100_000, 10**6, 2**31 + 11, MOST]))
        key, place = int(random.randint(0, MOST, dtype=np.int64)), int(random.randint(0, total))
        places.append((key, place, total))
        first = int(random.randint(0, total)) if random.randint(2) else None
        steps.append((key, int(random.randint(0, 4 * total)), total, first))
    texts = ["7.0", "0f1e2d3c4b5a00000007.3", "0f1e2d3c4b5a7.3", "x", "7.9999999999999"]
    module = (PROJECT / "app" / "export" / "scripts" / "walk.js").read_bytes()
    script = TWIN % base64.b64encode(module).decode()
    done = subprocess.run(
        [str(node), "--input-type=module", "-e", script],
        input=json.dumps({"places": places, "steps": steps, "texts": texts}),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    assert theirs["permuted"] == [permute(*asked) for asked in places]
    assert theirs["placed"] == [place_of(*asked) for asked in places]
    assert theirs["numbers"] == [Walk("", k, s).number(n, f) for k, s, n, f in steps]
    ours = [read_walk(text) for text in texts]
    assert theirs["read"] == [walk and walk._asdict() for walk in ours]
