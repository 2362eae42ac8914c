"""Generators that are a class of yours: a pipeline, an API, whatever can make pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from sources.runtimes.latents import Draw
from sources.runtimes.pixels import BrokenModel, Converter
from sources.runtimes.python_class import find_class, load_class, prompts_of
from sources.spec.description import Model


class PythonSource:
    """Calls ``draw(prompt, seed)`` of an object, for one picture at a time."""

    batch = 1

    def __init__(self, model: Model) -> None:
        """Make an object of the class that ``model.address`` names. Raises `BadModel`."""
        self.model = model
        place = find_class(model.address)
        of = load_class(place)
        self._prompts = list(prompts_of(of, place).values())
        self._converter = Converter(model, check_range=False)
        try:
            self._made = of()
        except Exception as error:  # code of its maker may raise anything
            raise BrokenModel(
                f"{model.address} cannot be made: {type(error).__name__}: {error}"
            ) from error

    def generate(self, label: int, draws: Sequence[Draw]) -> np.ndarray:
        """Return uint8 [N, H, W, 3 or 4] for N draws of one category. Raises `BrokenModel`."""
        pictures = [self._draw(label, each.seed) for each in draws]
        if len({picture.shape for picture in pictures}) > 1:
            raise BrokenModel(f"{self.model.address} drew pictures of different shapes")
        return self._converter.pictures(np.stack(pictures), len(draws))

    def _draw(self, label: int, seed: int) -> np.ndarray:
        prompts = self._prompts[label]
        try:
            drawn = self._made.draw(prompts[seed % len(prompts)], seed)
        except Exception as error:  # code of its maker may raise anything
            raise BrokenModel(
                f"{self.model.address} failed: {type(error).__name__}: {error}",
                "what was made before is stored: run the command again to go on",
            ) from error
        return self._pixels(drawn)

    def _pixels(self, drawn: Any) -> np.ndarray:
        """Return a picture as uint8 [H, W, 3 or 4]."""
        if isinstance(drawn, Image.Image):
            drawn = np.asarray(drawn.convert("RGBA" if "A" in drawn.mode else "RGB"))
        size = self.model.size_px
        whole = isinstance(drawn, np.ndarray) and drawn.dtype == np.uint8 and drawn.ndim == 3
        if not whole or drawn.shape[:2] != (size, size) or drawn.shape[2] not in (3, 4):
            seen = f"{drawn.dtype} {list(drawn.shape)}" if isinstance(drawn, np.ndarray) else ""
            raise BrokenModel(
                f"{self.model.address} drew {seen or f'a {type(drawn).__name__}'}",
                f"return a Pillow image of {size} by {size} pixels, or uint8 [{size}, {size}, 3]",
            )
        pixels: np.ndarray = drawn
        return pixels
