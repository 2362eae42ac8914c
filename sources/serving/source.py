"""A generator that runs on a server."""

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, UnidentifiedImageError

from sources.runtimes.checking import check_inputs
from sources.runtimes.latents import Draw, inputs_for
from sources.runtimes.pixels import BrokenModel, Converter
from sources.runtimes.source import padded_size
from sources.serving.description import PNG_OUTPUT, signature_names
from sources.serving.server import Server, find_signature
from sources.spec.description import Model
from sources.spec.inputs import Output

_DEFAULT_BATCH = 8
# a PNG's levels go through the same checks as floats do, and come out as they are
_LEVELS = Output(PNG_OUTPUT, (0.0, 255.0))


class ServedSource:
    """Calls one signature of a served model; PNG files instead of floats where that is shorter.

    A float picture of 512 px is 3 MB, as JSON 15; a PNG of it some 0.4. The server rounds it then,
    by its own arithmetic: levels may differ by 1.
    """

    def __init__(
        self, model: Model, server: Server, *, may_ask_png: bool, check_range: bool = False
    ) -> None:
        self.model = model
        self._server = server
        _, signatures = server.signatures()
        name, png = signature_names(model, signatures)
        fixed = check_inputs(model, find_signature(signatures, name, server.address))
        self._is_png = bool(png) and may_ask_png
        self._signature = find_signature(signatures, png if self._is_png else name, server.address)
        self._fixed = fixed is not None
        wished = model.saved_model.batch if model.saved_model is not None else _DEFAULT_BATCH
        self.batch = fixed or wished
        shown = replace(model, output=_LEVELS) if self._is_png else model
        self._converter = Converter(shown, check_range=check_range and not self._is_png)

    def generate(self, label: int, draws: Sequence[Draw]) -> np.ndarray:
        """Return uint8 [N, H, W, 3 or 4] for N ≤ `batch` draws of one category.

        Raises `sources.serving.server.ServingError`, and `BrokenModel`.
        """
        count = len(draws)
        size = self.batch if self._fixed else padded_size(count, self.batch)
        padded = [*draws, *[draws[-1]] * (size - count)]
        given = inputs_for(self.model, label, padded)
        outputs = self._server.predict(self._signature, given)
        if self._is_png:
            values = _decode(outputs[PNG_OUTPUT], size)
        else:
            values = outputs[self.model.output.name]
        has_batch = self._is_png or "N" in self.model.output.layout
        if has_batch and (values.ndim < 1 or len(values) != size):
            raise BrokenModel(f"{self._server.address} gave {len(values)} pictures, not {size}")
        return self._converter.pictures(values, count)


def _decode(files: np.ndarray, size: int) -> np.ndarray:
    """Return PNG files, bytes [N], as uint8 [N, H, W, 3 or 4]. Raises `BrokenModel`."""
    pictures = []
    for data in files.reshape(-1)[:size]:
        try:
            with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
                pictures.append(np.asarray(image.convert("RGBA" if "A" in image.mode else "RGB")))
        except (OSError, ValueError, SyntaxError, UnidentifiedImageError) as error:
            raise BrokenModel(f"{PNG_OUTPUT} holds something that is no PNG") from error
    if len({picture.shape for picture in pictures}) != 1:
        raise BrokenModel(f"{PNG_OUTPUT} holds pictures of different sizes")
    return np.stack(pictures)
