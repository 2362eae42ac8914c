"""`make demo ADDRESS=https://…`: the README's first link leads to the site that can be looked at.

    python3 -m bin.demo ADDRESS

No address is a default: the first owner who publishes the site says where it is.
"""

import re
import sys
from pathlib import Path

from core.errors import NonesuchError

README = Path(__file__).resolve().parents[1] / "README.md"
# between these lines; what renders Markdown shows neither
_LINES = re.compile(r"(?<=<!-- demo -->\n).*?(?=\n<!-- /demo -->)", re.DOTALL)
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~/-]*)?")


class CannotName(NonesuchError):
    """No address, or a README without a place for it."""


def with_demo(text: str, address: str) -> str:
    """Return a README whose first link is an address. Raises `CannotName`."""
    if not _ADDRESS.fullmatch(address):
        raise CannotName(
            f"ADDRESS={address!r} is no address of a site",
            "for example: make demo ADDRESS=https://somebody.github.io/nonesuch/",
        )
    if len(_LINES.findall(text)) != 1:
        raise CannotName(
            "README.md has no place for it",
            "write the lines <!-- demo -->, an empty one and <!-- /demo --> under its title",
        )
    return _LINES.sub(f"**[See it live]({address})**", text)


def main() -> int:
    (address,) = sys.argv[1:]
    try:
        README.write_text(with_demo(README.read_text(encoding="utf-8"), address), encoding="utf-8")
    except NonesuchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"README.md begins with {address}; commit it with: git commit -m Demo README.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
