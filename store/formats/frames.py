"""How a picture is asked for in an exact size: what `store.formats.framing` draws.

By itself, since whoever reads an address needs no Pillow.
"""

from dataclasses import dataclass
from typing import Literal

LEAST_PX, MOST_PX = 1, 2048
MOST_BLUR = 10

Fit = Literal["crop", "whole", "usual"]  # usual: things whole, photographs cropped


@dataclass(frozen=True, slots=True)
class Frame:
    """How a picture is asked for."""

    width: int  # LEAST_PX to MOST_PX
    height: int
    fit: Fit = "usual"
    is_grey: bool = False
    blur: int = 0  # 0 to MOST_BLUR
    is_round: bool = False

    @property
    def name(self) -> str:
        """What tells it from other frames, as part of a file name: ``400x300-crop-grey-blur5``."""
        parts = [f"{self.width}x{self.height}", self.fit]
        parts += ["grey"] if self.is_grey else []
        parts += [f"blur{self.blur}"] if self.blur else []
        parts += ["round"] if self.is_round else []
        return "-".join(parts)
