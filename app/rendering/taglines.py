"""The line of copy under a picture: templates by version.

A permalink says which version it was made with, so a version is never changed and never removed;
a new set of lines is a new version, and new links carry its number.
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
CURRENT = max(LINES)


def line_of(short_hash: str, name: str, version: int) -> str:
    """Return the template for a picture and a name; it holds ``{name}`` at least once."""
    lines = LINES[version]
    return lines[zlib.crc32(f"{short_hash} {name}".encode()) % len(lines)]
