"""What generators that know category and style have in common: inputs, truncation, style vector."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import keras

from gan.networks.generator import GeneratorInput
from gan.networks.layers.basic import leaky


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


class StyleMapping:
    """The layers from latent and labels to the style vector, to be used once or more."""

    def __init__(self, options: LabelledGenerator) -> None:
        # one-hot matrix products: gradients of gathers are slow on a CPU
        self._category = keras.layers.Dense(options.category_width, use_bias=False)
        self._style = keras.layers.Dense(options.style_width, use_bias=False)
        self._mapping = [keras.layers.Dense(options.mapping_width) for _ in range(2)]

    def join(
        self, latent: keras.KerasTensor, category: keras.KerasTensor, style: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Return them side by side: [N, latent + category width + style width]."""
        parts = [latent, self._category(category), self._style(style)]
        return keras.layers.Concatenate()(parts)

    def vector(self, joined: keras.KerasTensor) -> keras.KerasTensor:
        """Return the style vector, [N, mapping width], of what `join` returned."""
        for layer in self._mapping:
            joined = leaky(layer(joined))
        return joined


def style_inputs(options: LabelledGenerator) -> list[keras.KerasTensor]:
    """Return latent [N, Z] and one-hot category [N, C] and style [N, S]."""
    widths = {"latent": options.latent, "category": options.categories, "style": options.styles}
    return [keras.Input((width,), name=name) for name, width in widths.items()]


def style_vector(
    options: LabelledGenerator,
) -> tuple[list[keras.KerasTensor], keras.KerasTensor, keras.KerasTensor]:
    """Return inputs [latent, category, style], them joined, and the style vector made of them."""
    inputs, mapping = style_inputs(options), StyleMapping(options)
    joined = mapping.join(*inputs)
    return inputs, joined, mapping.vector(joined)
