"""Latent walks: short looping pictures beside the store, and the list of them.

    instance/morphs/hat-0f1e2d3c4b5a.webp         the loop, named by what its bytes hash to
    instance/morphs/hat-0f1e2d3c4b5a.still.webp   its first frame, for who wants nothing to move
    instance/morphs/morphs.json                   the list

They are not in the database: there are dozens, not thousands, nothing draws one at random, and so
they travel with their folder, whatever the database is.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from core.errors import NonesuchError
from core.files import write_durably
from store.files.protocol import SAFE_NAME, digest

LIST = "morphs.json"


class MorphsUnusable(NonesuchError):
    """A folder of walks that cannot be written, or whose list cannot be read."""


@dataclass(frozen=True)
class Morph:
    """A loop: which model walked through which seeds of which categories."""

    file: str
    still: str
    sha256: str
    bytes: int
    width: int
    height: int
    frames: int
    frame_ms: int
    categories: tuple[str, ...]  # slugs, in order; one where it stays within
    names: tuple[str, ...]  # the same for people
    model: str  # name/version
    model_digest: str
    seeds: tuple[int, ...]
    truncation: float
    path: str  # linear or spherical

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it this loop and no other."""
        return (
            self.model_digest, self.categories, self.seeds, self.truncation, self.path,
            self.frames, self.frame_ms,
        )  # fmt: skip


class MorphFolder:
    """The loops under an instance folder."""

    def __init__(self, instance_folder: Path) -> None:
        self.folder = instance_folder / "morphs"
        self._read: tuple[tuple[int, int], list[Morph]] | None = None

    def all(self) -> list[Morph]:
        """Return the loops whose files are there, as they were made. Raises `MorphsUnusable`."""
        try:
            status = (self.folder / LIST).stat()
        except OSError:
            return []
        version = (status.st_mtime_ns, status.st_size)
        if self._read is None or self._read[0] != version:
            self._read = version, self._load()
        return self._read[1]

    def _load(self) -> list[Morph]:
        try:
            values = json.loads((self.folder / LIST).read_text(encoding="utf-8"))
            morphs = [_morph(each) for each in values["morphs"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MorphsUnusable(
                f"morphs/{LIST} in the instance folder cannot be read ({error})",
                "move it away and make it anew with: flask morphs",
            ) from error
        return [
            morph
            for morph in morphs
            if SAFE_NAME.fullmatch(morph.file) and (self.folder / morph.file).is_file()
        ]

    def add(self, morph: Morph, data: bytes, still: bytes) -> None:
        """Write a loop and its still, then put it into the list. Raises `MorphsUnusable`."""
        known = [each for each in self.all() if each.key != morph.key]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_durably(self.folder / morph.still, still)
            write_durably(self.folder / morph.file, data)
            self._write([*known, morph])
        except OSError as error:
            raise MorphsUnusable(
                f"{self.folder} cannot be written ({error.strerror})", "check its owner and mode"
            ) from error

    def keep(self, morphs: list[Morph]) -> int:
        """Forget and delete all other loops; return how many there were."""
        gone = [morph for morph in self.all() if morph not in morphs]
        if gone:
            self._write(morphs)
        for morph in gone:
            (self.folder / morph.file).unlink(missing_ok=True)
            (self.folder / morph.still).unlink(missing_ok=True)
        return len(gone)

    def _write(self, morphs: list[Morph]) -> None:
        text = json.dumps({"morphs": [dataclasses.asdict(m) for m in morphs]}, indent=1)
        write_durably(self.folder / LIST, text.encode() + b"\n")
        self._read = None


def _morph(values: dict[str, object]) -> Morph:
    return Morph(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})  # type: ignore[arg-type]


def names_for(stem: str, data: bytes) -> tuple[str, str]:
    """Return the names of a loop and of its still: ``hat-0f1e2d3c4b5a.webp``, ``….still.webp``."""
    name = f"{stem[:150]}-{digest(data)[:12]}"
    return f"{name}.webp", f"{name}.still.webp"
