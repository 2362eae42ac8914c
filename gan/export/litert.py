"""The LiteRT file: signatures of fixed batch, because a dynamic one fails on up-sampling."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import keras
import tensorflow as tf

from gan.export.serving import ServedGenerator, input_specs
from gan.networks.generator import GeneratorSpec

BATCHES = (1, 8)


def signature_name(batch: int) -> str:
    return f"serve_{batch}"


def convert_litert(generator: keras.Model, networks: GeneratorSpec, precision: str) -> bytes:
    """Return the file's bytes, with one signature per batch size; they share the weights.

    ``precision`` of the stored weights: float16 (computed in float32, 7.8 ms per picture at
    64 px on one core), int8 (dynamic range: 2.3 ms, 1 % off) or float32. The input batch is fixed:
    the converter cannot make nearest up-sampling of an unknown one.
    """
    exact = precision == "float32"
    served = ServedGenerator(generator, networks, stored=tf.float32, exact=exact)
    signatures = {
        signature_name(batch): tf.function(served.picture).get_concrete_function(
            **input_specs(networks, batch)
        )
        for batch in BATCHES
    }
    return convert_signatures(served, signatures, precision)


def convert_signatures(
    served: tf.Module,
    signatures: Mapping[str, tf.types.experimental.ConcreteFunction],
    precision: str,
) -> bytes:
    """Return the LiteRT file of a module's functions, by name; weights float16, int8 or float32."""
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(served, folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=list(signatures)
        )
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        converted: bytes = converter.convert()
    return converted


def write_litert(
    generator: keras.Model, networks: GeneratorSpec, precision: str, path: Path
) -> None:
    """Write the LiteRT file to ``path``."""
    path.write_bytes(convert_litert(generator, networks, precision))
