"""LeakyReLU as a layer."""

import warnings

from cycnn import activations
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer


@export("keras.layers")
class LeakyReLU(Layer):
    """x, or `negative_slope * x` below zero.

    Args:
        negative_slope: number of at least 0.

    Input shape:
        Any.

    Output shape:
        The input's.

    Reference:
        Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, ICML 2013.
    """

    supports_masking = True
    min_ndim = 1
    built_from_start = True

    def __init__(self, negative_slope=0.3, **kwargs):
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn("LeakyReLU: `alpha` is an old name of `negative_slope`.", stacklevel=2)
        super().__init__(**kwargs)
        self.negative_slope = checks.number("negative_slope", negative_slope, 0)

    def call(self, x):
        return activations.leaky_relu(x, self.negative_slope)

    def get_config(self):
        return {**super().get_config(), "negative_slope": self.negative_slope}
