"""The page's modules in Node.js: what needs no browser is tested without one."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from app.http.static_files import FOLDER
from tests.programs import absent


def run(script: str, given: object = None) -> Any:
    """Return what an async function with this body, of ``given``, returns; it may import modules.

    Modules are imported as in ``const { draw } = await import("./drawing/draws.js")``. Skips where
    Node.js is not installed.
    """
    node = shutil.which("node")
    if node is None:
        absent("needs Node.js (Debian: apt-get install nodejs)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("drawing", "generator", "live"):
            shutil.copytree(FOLDER / part, folder / part)
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "given.json").write_text(json.dumps(given))
        (folder / "main.js").write_text(
            'import fs from "node:fs";\n'
            'const given = JSON.parse(fs.readFileSync("given.json", "utf8"));\n'
            f"const found = await (async () => {{ {script} }})();\n"
            'fs.writeFileSync("found.json", JSON.stringify(found));\n'
        )
        done = subprocess.run(
            [str(node), "main.js"], cwd=folder, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return json.loads((folder / "found.json").read_text())
