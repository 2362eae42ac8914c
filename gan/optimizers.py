"""Optimizers as TensorFlow 1 had them: one kernel per variable instead of a dozen small ones.

Keras 3's own differ: its RMSprop begins with a mean square of 0, which makes the first steps more
than three times as long. At these networks' sizes they also take a third of a step's time.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf


class RMSProp:
    """w -= rate · g / √(mean square + ε), the mean square beginning at 1 (as TensorFlow 1's)."""

    def __init__(
        self,
        weights: Sequence[keras.Variable],
        learning_rate: float,
        decay: float = 0.9,
        epsilon: float = 1e-10,
    ) -> None:
        self._weights = [weight.value for weight in weights]
        self._squares = [tf.Variable(tf.ones_like(weight)) for weight in self._weights]
        self._momenta = [tf.Variable(tf.zeros_like(weight)) for weight in self._weights]
        self._numbers = (learning_rate, decay, epsilon)

    @property
    def variables(self) -> list[tf.Variable]:
        """What a continuation needs; the momenta are overwritten at each step."""
        return self._squares

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Move the weights by one step."""
        rate, decay, epsilon = self._numbers
        for weight, square, momentum, gradient in zip(
            self._weights, self._squares, self._momenta, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyRMSProp(
                var=weight.handle, ms=square.handle, mom=momentum.handle, lr=rate, rho=decay,
                momentum=0.0, epsilon=epsilon, grad=gradient,
            )  # fmt: skip


class Adam:
    """Adam (Kingma & Ba 2015) with a constant rate, unless `apply` is given another."""

    def __init__(
        self,
        weights: Sequence[keras.Variable],
        learning_rate: float,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self._weights = [weight.value for weight in weights]
        self._means = [tf.Variable(tf.zeros_like(weight)) for weight in self._weights]
        self._squares = [tf.Variable(tf.zeros_like(weight)) for weight in self._weights]
        self._steps = tf.Variable(0, dtype=tf.int64)
        self._rate, self._betas, self._epsilon = learning_rate, betas, epsilon

    @property
    def variables(self) -> list[tf.Variable]:
        """What a continuation needs."""
        return [self._steps, *self._means, *self._squares]

    def reset(self) -> None:
        """Begin anew, as when a network has grown."""
        for variable in self.variables:
            variable.assign(tf.zeros_like(variable))

    def apply(self, gradients: Sequence[tf.Tensor | None], rate: tf.Tensor | None = None) -> None:
        """Move the weights by one step; those without a gradient stay."""
        first, second = self._betas
        steps = tf.cast(self._steps.assign_add(1), tf.float32)
        for weight, mean, square, gradient in zip(
            self._weights, self._means, self._squares, gradients, strict=True
        ):
            if gradient is None:
                continue
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle, m=mean.handle, v=square.handle, beta1_power=first**steps,
                beta2_power=second**steps, lr=self._rate if rate is None else rate, beta1=first,
                beta2=second, epsilon=self._epsilon, grad=gradient,
            )  # fmt: skip
