"""The residual generator, told what it draws: a vector per concept beside category and style.

Concept and style enter what is joined before the mapping as a residual whose last weights begin
at zero, so that a network that has learned without concepts draws the same until it is trained
further. A picture has two parents: one concept modulates the features up to 8 px, which lay it
out, the other the larger ones, which fill it in. The same concept twice draws that concept.

The whole generator chooses the parents itself, two unlike ones of its category, by two numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from gan.networks import labelled
from gan.networks.generator import GeneratorInput
from gan.networks.layers.basic import leaky
from gan.networks.residual import ResidualOptions, draw

DRAWING, PARENTS = "drawing", "choice_of_parents"  # the parts of a whole generator, by their names
SCALE = 8.0  # of vectors of length √2 in 128 dimensions: numbers of about 1
HIDDEN = 512


@dataclass(frozen=True)
class ConceptSizes(ResidualOptions):
    """And how many concepts there are. A `gan.networks.generator.GeneratorSpec`."""

    concepts: int = 1
    concept_width: int = 128

    @property
    def inputs(self) -> tuple[GeneratorInput, ...]:
        note = "which two concepts of the category it draws between"
        parents = GeneratorInput("parents", "noise", (2,), "uniform", (0.0, 1.0), note)
        return (*super().inputs, parents)

    def picture(self, call: Callable[[list[Any]], Any], given: Mapping[str, Any]) -> Any:
        return super().picture(lambda inputs: call([*inputs, given["parents"]]), given)

    def build(self) -> keras.Model:
        return build_whole(self)


def build_drawing(sizes: ConceptSizes) -> keras.Model:
    """Return the network of both parents → picture [N, H, W, 3 or 4] in [-1, 1].

    Inputs: latent [N, Z], category [N, C], style one-hot [N, S], concept vector [N, D]; category
    and concept of the second parent. Categories are one-hot, or weights between several.
    """
    latent, category, style = labelled.style_inputs(sizes)
    concept = keras.Input((sizes.concept_width,), name="concept")
    other_category = keras.Input((sizes.categories,), name="fine_category")
    other = keras.Input((sizes.concept_width,), name="fine_concept")
    mapping = labelled.StyleMapping(sizes)
    width = sizes.latent + sizes.category_width + sizes.style_width
    hidden = keras.layers.Dense(HIDDEN, name="concept_hidden")
    shift = keras.layers.Dense(
        width, use_bias=False, kernel_initializer="zeros", name="concept_shift"
    )

    def join(category: keras.KerasTensor, concept: keras.KerasTensor) -> keras.KerasTensor:
        said = keras.layers.Concatenate()([concept * SCALE, style])
        return mapping.join(latent, category, style) + shift(leaky(hidden(said)))

    coarse, fine = join(category, concept), join(other_category, other)
    picture = draw(sizes, coarse, mapping.vector(coarse), mapping.vector(fine))
    inputs = [latent, category, style, concept, other_category, other]
    return keras.Model(inputs, picture, name=DRAWING)


@keras.saving.register_keras_serializable("nonesuch")
class Parents(keras.layers.Layer):
    """Category one-hot [N, C] and numbers [N, 2] in [0, 1) → two concepts of it, [N, D] each.

    ``vectors`` [K, D] and ``category_of`` [K], -1 for concepts that are not drawn, are not
    trained. The second concept is another one; zeros where the category has no other.
    """

    def __init__(self, concepts: int, width: int, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.concepts, self.width = concepts, width

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        self.categories = shapes[0][-1]
        self.vectors = self.add_weight(
            shape=(self.concepts, self.width), initializer="zeros", trainable=False, name="vectors"
        )
        self.category_of = self.add_weight(
            shape=(self.concepts,), initializer="zeros", trainable=False, name="category_of"
        )
        super().build(shapes)

    def call(self, inputs: list[keras.KerasTensor]) -> list[keras.KerasTensor]:
        category, numbers = inputs
        labels = ops.arange(self.categories, dtype="float32")[:, None]
        members = ops.cast(ops.equal(labels, self.category_of), "float32")  # [C, K]
        shares = ops.matmul(category, members)
        first = _pick(shares, numbers[:, :1])
        second = _pick(shares * (1 - first), numbers[:, 1:])
        return [ops.matmul(chosen, self.vectors) for chosen in (first, second)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "concepts": self.concepts, "width": self.width}


def _pick(shares: keras.KerasTensor, numbers: keras.KerasTensor) -> keras.KerasTensor:
    """Return one-hot [N, K]: what lies at numbers [N, 1] in [0, 1) of the cumulative shares."""
    reached = ops.cumsum(shares, axis=1)
    past = ops.cast(reached > numbers * reached[:, -1:], "float32")
    return past - ops.pad(past[:, :-1], ((0, 0), (1, 0)))


def build_whole(sizes: ConceptSizes) -> keras.Model:
    """Return latent, category and style as `build_drawing`, parents [N, 2] in [0, 1) → picture."""
    drawing = build_drawing(sizes)
    latent, category, style = (keras.Input(i.shape[1:], name=i.name) for i in drawing.inputs[:3])
    numbers = keras.Input((2,), name="parents")
    chosen = Parents(sizes.concepts, sizes.concept_width, name=PARENTS)([category, numbers])
    picture = drawing([latent, category, style, chosen[0], category, chosen[1]])
    return keras.Model([latent, category, style, numbers], picture, name="generator")
