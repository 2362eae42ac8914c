"""A translator on LiteRT: redraws one picture at a time, without TensorFlow."""

import numpy as np

from sources.runtimes.pixels import to_levels
from sources.spec.bad_model import BadModel
from sources.spec.litert_file import read_litert_file
from sources.translators.spec import Translator


class LiteRTTranslator:
    """Runs the file of a translator, on one thread of one caller at a time."""

    def __init__(self, translator: Translator) -> None:
        """Raises `BadModel` where the file has not the signatures of its model.toml."""
        from ai_edge_litert.interpreter import Interpreter

        self.about = translator
        try:
            content = read_litert_file(translator.litert_file, translator.litert_sha256)
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            self._runners = {
                way.signature: self._interpreter.get_signature_runner(way.signature)
                for way in translator.directions
            }
        except (ValueError, RuntimeError) as error:
            raise BadModel(
                f"{translator.litert_file} is no LiteRT file with the signatures of its "
                f"model.toml ({error})",
                "export the model again",
            ) from error

    def translate(self, signature: str, picture: np.ndarray) -> np.ndarray:
        """Return uint8 [S, S, 3] from uint8 [S, S, 3]. Raises `BrokenModel` unless finite."""
        low, high = self.about.input_range
        given = picture[None].astype(np.float32) * ((high - low) / 255) + low
        made = self._runners[signature](**{self.about.input: given})[self.about.output]
        return to_levels(made[0], self.about.output_range, self.about.rounding)
