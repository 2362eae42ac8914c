"""Generators on LiteRT: the shipped model without TensorFlow."""

from collections.abc import Sequence

import numpy as np

from sources.runtimes.latents import Draw, inputs_for
from sources.runtimes.pixels import to_uint8
from sources.spec.description import BadModel, Model
from sources.spec.litert_file import read_litert_file


class LiteRTSource:
    """Runs model.tflite; fixed batches, the rest of a batch filled with its last draw."""

    def __init__(self, model: Model, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.model = model
        path = model.folder / model.litert_file
        try:
            self._interpreter = Interpreter(
                model_content=read_litert_file(path, model.litert_sha256), num_threads=threads
            )
            self._runners = {
                batch: self._interpreter.get_signature_runner(name)
                for batch, name in model.litert_signatures.items()
            }
        except (ValueError, RuntimeError) as error:
            raise BadModel(
                f"{path} is no LiteRT file with the signatures of its model.toml ({error})",
                "export or fetch the model again",
            ) from error
        self.batch = max(self._runners)

    def generate(self, label: int, draws: Sequence[Draw]) -> np.ndarray:
        """Return uint8 [N, H, W, C] for N ≤ `batch` draws of one category."""
        count = len(draws)
        batch = min(size for size in self._runners if size >= count)
        padded = [*draws, *[draws[-1]] * (batch - count)]
        outputs = self._runners[batch](**inputs_for(self.model, label, padded))
        return to_uint8(outputs[self.model.output.name][:count], self.model.output)
