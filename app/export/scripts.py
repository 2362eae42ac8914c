"""The scripts of an exported site, which do in the browser what a server does elsewhere.

They import each other by their plain names, so all lie in one folder, named by their content: a
browser may keep them for good, and never mixes two versions.
"""

import hashlib
from pathlib import Path

from app.export.folder import Folder

SCRIPTS = Path(__file__).parent / "scripts"
_FIRST = (
    '<script src="/{0}/file.js" defer></script>\n'
    '<script type="module" src="/{0}/export.js"></script>\n'
)


def write_scripts(folder: Folder) -> str:
    """Write the scripts; return the elements of those that pages begin with."""
    scripts = {path.name: path.read_bytes() for path in sorted(SCRIPTS.glob("*.js"))}
    place = f"static/export.{hashlib.sha256(b''.join(scripts.values())).hexdigest()[:12]}"
    for name, script in scripts.items():
        folder.put(f"{place}/{name}", script)
    return _FIRST.format(place)
