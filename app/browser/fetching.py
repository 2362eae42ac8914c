"""Fetching the runtime of visitors' browsers from npm: once, by a pinned hash, never committed.

Of LiteRT.js's WebAssembly files the one for every browser with SIMD is taken: it rounds alike on
all processors, which relaxed SIMD does not, and Safari has nothing else. It is kept compressed and
the browser unpacks it, so any file server can send it.
"""

import gzip
import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from app.browser.runtime import (
    ABOUT,
    VERSION,
    Runtime,
    RuntimeFile,
    read_runtime,
    runtime_folder,
)
from core.files import folder_written_whole
from core.npm import NpmFailed, fetch_package

PACKAGE = "@litertjs/core"
INTEGRITY = (
    "sha512-PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0"
    "FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ=="
)
NOTICE = f"""\
LiteRT.js {VERSION}, Copyright Google LLC, under the Apache License, Version 2.0:
https://www.apache.org/licenses/LICENSE-2.0
Its module was changed to import its loader, which was made a module.
"""
_ENTRY = "dist/index.js"
_PROGRAM = "wasm/litert_wasm_compat_internal"
# what the module imports by a bare name starts the program by a script element or importScripts,
# and a worker that is a module has neither
_IMPORT = 'import { createWasmLib } from "@litertjs/wasm-utils";'
_STARTS = """import start from "./{loader}";
const createWasmLib = async (Library) => new Library(await start(self.Module));"""


def fetch_runtime(home: Path) -> Runtime:
    """Fetch the runtime unless it is there, and write it down whole. Raises `NpmFailed`."""
    found = read_runtime(home)
    if found is not None:
        return found
    members = (_ENTRY, f"{_PROGRAM}.")
    package = fetch_package(PACKAGE, VERSION, home / "npm", members, INTEGRITY)
    core = (package / _ENTRY).read_text(encoding="utf-8")
    if _IMPORT not in core:  # cut or changed since it was fetched
        raise NpmFailed(f"{package} is not {PACKAGE}@{VERSION}", f"remove it: rm -r {package}")
    loader = (package / f"{_PROGRAM}.js").read_bytes() + b"\nexport default ModuleFactory;\n"
    program = gzip.compress((package / f"{_PROGRAM}.wasm").read_bytes(), 9, mtime=0)
    with folder_written_whole(runtime_folder(home)) as folder:
        written = {
            "loader": _put(folder, "litert-loader", ".js", loader),
            "program": _put(folder, "litert", ".wasm.gz", program),
        }
        core = core.replace(_IMPORT, _STARTS.format(loader=written["loader"].name))
        written["core"] = _put(folder, "litert-core", ".js", core.encode())
        (folder / "NOTICE").write_text(NOTICE, encoding="utf-8")
        about = {part: asdict(file) for part, file in written.items()}
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    return Runtime(runtime_folder(home), **written)


def _put(folder: Path, name: str, ending: str, data: bytes) -> RuntimeFile:
    digest = hashlib.sha256(data).hexdigest()
    file = RuntimeFile(f"{name}.{digest[:12]}{ending}", digest, len(data))
    (folder / file.name).write_bytes(data)
    return file
