"""A finish: what a model's pictures go through between the generator and the encoder.

In model.toml, where a model has one:

    [finish]
    name = "crisp"
    version = 1
    size_px = 512
    parameters = { transparent = true }
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.toml.sheet import TomlTable

if TYPE_CHECKING:
    import numpy as np

VERSIONS = {"crisp": 1}  # another version makes other bytes
PARAMETERS = {"crisp": {"transparent": True}}  # with what they are by default
SIZES_PX = (32, 2048)  # of what comes out
FROM_PX = (32, 256)  # of what goes in


@dataclass(frozen=True)
class Finish:
    """What a model's pictures go through; all of it is part of the model's digest."""

    name: str
    version: int
    size_px: int  # of what is stored
    parameters: dict[str, Any]

    @property
    def channels(self) -> int:
        """3, or 4 where the ground is transparent."""
        return 4 if self.parameters["transparent"] else 3

    def described(self) -> dict[str, Any]:
        """Return it as digests cover it."""
        return asdict(self)


def read_finish(table: TomlTable | None, size_px: int, channels: int) -> Finish | None:
    """Return what [finish] says, of a model of pictures of this size. Raises `BadModel`."""
    if table is None:
        return None
    name = table.take_one_of("name", VERSIONS)
    version = table.take("version", int, str(VERSIONS[name]))
    if version != VERSIONS[name]:
        raise table.wrong(
            "version",
            f"this program has version {VERSIONS[name]} of the finish {name}, not {version}",
            f"write: version = {VERSIONS[name]}, or install the program that has that version",
        )
    size = table.take("size_px", int, "512")
    parameters = _parameters(table, name)
    table.finish(("name", "version", "size_px", "parameters"))
    if channels != 3 or not FROM_PX[0] <= size_px <= FROM_PX[1]:
        raise table.wrong(
            "",
            f"a finish is for pictures of 3 channels and {FROM_PX[0]} to {FROM_PX[1]} px, "
            f"not of {channels} and {size_px}",
            "leave [finish] out",
        )
    least, most = max(SIZES_PX[0], size_px), SIZES_PX[1]
    if not least <= size <= most:
        raise table.wrong(
            "size_px",
            f"finish.size_px is {size}, not {least} to {most}",
            f"write for example: size_px = {min(4 * size_px, most)}",
        )
    return Finish(name, version, size, parameters)


def _parameters(table: TomlTable, name: str) -> dict[str, Any]:
    found = dict(PARAMETERS[name])
    given = table.table("parameters")
    if given is not None:
        given.finish(found)
        found = {key: given.take(key, bool, "true", value) for key, value in found.items()}
    return found


def finished(picture: "np.ndarray", finish: Finish | None, size_px: int = 0) -> "np.ndarray":
    """Return what is stored of a generator's picture, uint8 [N, N, 3].

    uint8 [size, size, 3 or 4]; the picture itself where there is no finish. ``size_px``: another
    size than the finish's own.
    """
    if finish is None:
        return picture
    from sources.finishing.crisp import crisp

    return crisp(picture, size_px or finish.size_px, transparent=finish.parameters["transparent"])
