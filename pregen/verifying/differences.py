"""What `flask verify` finds, and what to do about each kind of it.

No remedy deletes: what `flask index` would take in stays, and so does the last copy of a picture.
"""

from dataclasses import dataclass, field

REMEDIES = {
    "damaged index": "move it away and rebuild it with: flask index",
    "missing": "make them again with: flask top-up, or forget them with: flask index",
    "unreadable": "check owner, mode and disk; what is no picture leaves the store with: "
    "flask index --set-aside",
    "changed": "accept them with: flask index; to have them made again, move them out of the "
    "store, then: flask top-up",
    "orphaned": "take them in with: flask index",
    "copy": "move them out of the store with: flask index --set-aside",
    "rejected but there": "put them away with: flask index",
    "off but there": "switch off once more with: flask curate category off {slugs}",
    "off, changed": "accept them with: flask index",
    "off, missing": "forget them with: flask index",
    "rejected, changed": "move them away with: flask index --set-aside",
    "wrong counts": "count again with: flask index",
    "not as generated": "the file or the model is another one: move it out of the store, then: "
    "flask top-up",
}


def remedy(kind: str, lines: list[str]) -> str:
    """Return what to do about these problems of a kind."""
    slugs = dict.fromkeys(line.partition("/")[0] for line in lines)
    return REMEDIES[kind].format(slugs=" ".join(slugs))


@dataclass
class Report:
    """Problems by kind, a line each; `checked` pictures and `rebuilt` ones."""

    problems: dict[str, list[str]] = field(default_factory=dict)
    checked: int = 0
    rebuilt: int = 0
    elsewhere: int = 0  # of these, other bytes that show the same: another machine rounds so
    not_rebuilt: list[str] = field(default_factory=list)  # models that are not here

    def add(self, kind: str, line: str) -> None:
        self.problems.setdefault(kind, []).append(line)
