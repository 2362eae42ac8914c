"""What runs a LiteRT file in a browser: LiteRT.js, where `app.browser.fetching` put it."""

import json
from dataclasses import dataclass
from pathlib import Path

VERSION = "2.5.3"
ABOUT = "runtime.json"


@dataclass(frozen=True)
class RuntimeFile:
    """A file of the runtime, under a name that holds its digest."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Runtime:
    """The runtime in a folder, ready to be sent."""

    folder: Path
    core: RuntimeFile  # the module that is imported
    loader: RuntimeFile  # the module that this one imports
    program: RuntimeFile  # WebAssembly, gzip

    @property
    def files(self) -> tuple[RuntimeFile, ...]:
        """All that is sent."""
        return (self.core, self.loader, self.program)


def runtime_folder(home: Path) -> Path:
    """Return where the runtime is kept, below the folder of downloads."""
    return home / f"litert-js-{VERSION}"


def read_runtime(home: Path) -> Runtime | None:
    """Return the runtime that was fetched, None where there is none or not all of it."""
    folder = runtime_folder(home)
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        found = Runtime(folder, **{part: RuntimeFile(**each) for part, each in about.items()})
        sizes = [(folder / file.name).stat().st_size for file in found.files]
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return found if sizes == [file.bytes for file in found.files] else None
