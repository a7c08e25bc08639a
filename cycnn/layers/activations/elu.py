"""ELU as a layer."""

from cycnn import activations
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer


@export("keras.layers")
class ELU(Layer):
    """x, or `alpha * (exp(x) - 1)` below zero.

    Args:
        alpha: number.

    Input shape:
        Any.

    Output shape:
        The input's.

    Reference:
        Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs),
        ICLR 2016.
    """

    supports_masking = True
    min_ndim = 1
    built_from_start = True

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = checks.number("alpha", alpha)

    def call(self, x):
        return activations.elu(x, self.alpha)

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}
