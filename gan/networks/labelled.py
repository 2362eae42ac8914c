"""What generators that know category and style have in common: inputs, truncation, style vector."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import keras

from gan.networks.generator import GeneratorInput
from gan.networks.layers import leaky


class LabelledGenerator:
    """The part of a `gan.networks.generator.GeneratorSpec` that hangs on the labels alone.

    For a dataclass with these fields; truncation scales the latent.
    """

    output: ClassVar[str] = "picture"
    truncations: ClassVar[tuple[float, float]] = (0.5, 0.8)

    categories: int
    styles: int
    latent: int
    category_width: int
    style_width: int
    mapping_width: int

    @property
    def inputs(self) -> tuple[GeneratorInput, ...]:
        return (
            GeneratorInput("latent", "latent", (self.latent,)),
            GeneratorInput("category", "category", (self.categories,)),
            GeneratorInput("style", "choice", (self.styles,)),
            GeneratorInput("truncation", "truncation"),
        )

    def picture(self, call: Callable[[list[Any]], Any], given: Mapping[str, Any]) -> Any:
        scaled = given["latent"] * given["truncation"][:, None]
        return call([scaled, given["category"], given["style"]])


def style_vector(
    options: LabelledGenerator,
) -> tuple[list[keras.KerasTensor], keras.KerasTensor, keras.KerasTensor]:
    """Return inputs [latent, category, style], them joined, and the style vector made of them.

    Latent [N, Z] and one-hot labels [N, C] and [N, S]; the vector is [N, mapping width].
    """
    latent = keras.Input((options.latent,), name="latent")
    category = keras.Input((options.categories,), name="category")
    style = keras.Input((options.styles,), name="style")
    # one-hot matrix products: gradients of gathers are slow on a CPU
    joined = keras.layers.Concatenate()(
        [
            latent,
            keras.layers.Dense(options.category_width, use_bias=False)(category),
            keras.layers.Dense(options.style_width, use_bias=False)(style),
        ]
    )
    w = leaky(keras.layers.Dense(options.mapping_width)(joined))
    w = leaky(keras.layers.Dense(options.mapping_width)(w))
    return [latent, category, style], joined, w
