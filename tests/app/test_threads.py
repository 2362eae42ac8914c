"""The threads of a worker, and who may hold them."""

import re

from app.embeds import framed
from app.http.bodies import AT_ONCE
from app.pictures import sized
from core.settings import Settings
from tests.layering import PROJECT


def test_what_waits_leaves_threads_to_the_pages() -> None:
    found = re.search(r"^threads=(\d+)$", (PROJECT / "bin/serve").read_text(), re.MULTILINE)
    assert found is not None
    held = {
        "live": Settings().live_threads,
        "bodies": AT_ONCE,
        "framed": framed._MAKERS + framed._WAITING,
        "sized": sized._MAKERS + sized._WAITING,
    }
    assert sum(held.values()) + 2 <= int(found[1]), held
    table = (PROJECT / "docs/security.md").read_text().partition("## The threads of a worker")[2]
    counts = re.findall(r"^\| .+ \| (\d+) \|", table, re.MULTILINE)
    assert list(map(int, counts)) == [held[name] for name in ("live", "bodies", "framed", "sized")]
