"""The line of copy under a picture: templates by version.

A permalink says which version it was made with, so a version is never changed and never removed;
a new set of lines is a new version, and new links carry its number. Lines of the site's owner are
version 0 whatever they are; of them each link keeps its own for as long as that is in the list.
"""

import zlib

LINES: dict[int, tuple[str, ...]] = {
    1: (
        "Imagined by {name}, who does not exist either.",
        "The work of {name}, whose desk is empty and always was.",
        "Drawn from memory by {name}, who has none.",
        "Behind this picture stands {name}. Behind {name} stands nobody.",
        "Signed off by {name}. There was nobody to object.",
        "{name} would be proud, given the chance to exist.",
        "By {name}, between one refresh and the next.",
        "Another late night for {name}, who was never born.",
        "{name} regrets nothing, having done nothing.",
        "Maintained by {name}. Please do not file issues.",
        "Made by {name}, in no time at all.",
        "{name} asked to be credited. It seemed harmless.",
        "Any likeness to a real one is the fault of {name}.",
        "{name} has since left the company, which was never founded.",
        "Found by {name} in a space of too many dimensions.",
        "{name} had references for this. They do not exist either.",
    ),
}
OWN = 0
_ODD = 2654435761  # 2^32 over the golden ratio (Knuth, volume 3, 6.4)


class Taglines:
    """The lines of a site: its owner's where there are some, else the newest version of ours."""

    def __init__(self, own: tuple[str, ...] = ()) -> None:
        """``own``: lines with ``{developer}`` where the name stands, if it does."""
        lines = [line.replace("{developer}", "{name}") for line in own]
        self._own = [(zlib.crc32(line.encode()), line) for line in lines]
        self.current = OWN if own else max(LINES)
        self.first = OWN if own else min(LINES)  # of links that carry no number

    def line(self, short_hash: str, name: str, version: int) -> str:
        """Return the template for a picture and a name, which stands where ``{name}`` does."""
        key = zlib.crc32(f"{short_hash} {name}".encode())
        if version == OWN and self._own:
            # the highest of all scores: another line takes some pictures, and moves no other
            return max((((key ^ own) * _ODD) & 0xFFFFFFFF, line) for own, line in self._own)[1]
        lines = LINES.get(version) or LINES[max(LINES)]
        return lines[key % len(lines)]
