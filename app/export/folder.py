"""The folder that an export fills, by the names of files below it."""

import json
from collections.abc import Callable
from pathlib import Path


class Folder:
    """A new folder; a name is relative to it, with slashes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def new(self, name: str) -> Path:
        """Return the path of a file to be written; its own folder is there."""
        path = self._path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def put(self, name: str, data: bytes) -> None:
        """Write a file."""
        self.new(name).write_bytes(data)

    def change(self, path: Path, changed: Callable[[bytes], bytes]) -> None:
        """Write a file anew where what it holds is changed."""
        data = path.read_bytes()
        new = changed(data)
        if new != data:
            path.write_bytes(new)

    def put_text(self, name: str, text: str) -> None:
        """Write a file in UTF-8."""
        self.put(name, text.encode())

    def put_json(self, name: str, value: object) -> None:
        """Write a file of JSON, letters of all languages as they are."""
        self.put_text(name, json.dumps(value, ensure_ascii=False) + "\n")
