"""Generators on LiteRT: the shipped model without TensorFlow."""

from collections.abc import Sequence

import numpy as np

from sources.runtimes.checking import check_inputs, listed, nearest
from sources.runtimes.latents import Draw, inputs_for
from sources.runtimes.pixels import BrokenModel, Converter
from sources.spec.description import BadModel, Model
from sources.spec.litert_file import open_litert_file
from sources.spec.litert_signatures import litert_signatures
from sources.spec.signatures import Signature


class LiteRTSource:
    """Runs model.tflite; fixed batches, the rest of a batch filled with its last draw."""

    def __init__(self, model: Model, threads: int, *, check_range: bool = False) -> None:
        self.model = model
        self._path = model.folder / model.litert_file
        self._interpreter = open_litert_file(self._path, model.litert_sha256, threads)
        known = litert_signatures(self._interpreter)
        self._signatures = {
            batch: self._checked(batch, name, known)
            for batch, name in model.litert_signatures.items()
        }
        self._runners = {
            batch: self._interpreter.get_signature_runner(signature.name)
            for batch, signature in self._signatures.items()
        }
        self._converter = Converter(model, check_range=check_range)
        self.batch = max(self._runners)

    def _checked(self, batch: int, name: str, known: dict[str, Signature]) -> Signature:
        """Return a signature that model.toml names. Raises `BadModel` where it does not fit."""
        toml, names = self.model.folder / "model.toml", list(known)
        if name not in known:
            raise BadModel(
                f"{toml}: {self._path.name} has no signature {name!r}, but {listed(names)}",
                f'write: [litert] signatures = {{ {batch} = "{nearest(name, names)}" }}'
                if names
                else "convert it from a SavedModel or a Keras model, which gives it one: "
                "see docs/models.md",
            )
        fixed = check_inputs(self.model, known[name])
        if fixed not in (None, batch):
            raise BadModel(
                f"{toml}: signature {name} makes {fixed} at a time, [litert] signatures says "
                f"{batch}",
                f'write: [litert] signatures = {{ {fixed} = "{name}" }}',
            )
        return known[name]

    def generate(self, label: int, draws: Sequence[Draw]) -> np.ndarray:
        """Return uint8 [N, H, W, C] for N ≤ `batch` draws of one category."""
        count = len(draws)
        batch = min(size for size in self._runners if size >= count)
        padded = [*draws, *[draws[-1]] * (batch - count)]
        signature, name = self._signatures[batch], self.model.output.name
        given = inputs_for(self.model, label, padded)
        for key, info in signature.inputs.items():
            if info.quantised is not None:
                given[key] = info.quantised.written(given[key])
        try:
            values = self._runners[batch](**given)[name]
        except (ValueError, RuntimeError) as error:
            raise BrokenModel(
                f"{self._path} failed: {next(iter(str(error).splitlines()), repr(error))}",
                f"see its inputs: flask models inspect {self._path}",
            ) from error
        quantised = signature.outputs[name].quantised
        return self._converter.pictures(
            values if quantised is None else quantised.read(values), count
        )
