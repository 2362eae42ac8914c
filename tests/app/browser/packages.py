"""A package in the form of @litertjs/core, a few bytes large, for tests without npm."""

import json
from pathlib import Path

from app.browser import fetching
from app.browser.fetching import fetch_runtime
from app.browser.runtime import VERSION, Runtime


def put_package(home: Path, program: bytes = b"\0asm") -> Path:
    """Put it where npm's packages are unpacked to, as if it had been fetched."""
    folder = home / "npm" / f"litertjs-core-{VERSION}"
    for name in ("dist", "wasm"):
        (folder / name).mkdir(parents=True)
    (folder / "dist" / "index.js").write_text(
        f"{fetching._IMPORT}\nexport const x = createWasmLib;"
    )
    (folder / f"{fetching._PROGRAM}.js").write_text("var ModuleFactory = () => ({});")
    (folder / f"{fetching._PROGRAM}.wasm").write_bytes(program)
    (folder / "package.json").write_text(json.dumps({"name": fetching.PACKAGE}))
    return folder


def put_runtime(home: Path) -> Runtime:
    """Return a runtime that nothing can run, but that has all files."""
    put_package(home)
    return fetch_runtime(home)
