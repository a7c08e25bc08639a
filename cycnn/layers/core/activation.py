"""Activation: any activation as a layer."""

from cycnn import activations
from cycnn.core.registry import export
from cycnn.layers.layer import Layer


@export("keras.layers")
class Activation(Layer):
    """y = activation(x).

    Args:
        activation: name, function or None.

    Input shape:
        Any.

    Output shape:
        The input's.
    """

    supports_masking = True
    min_ndim = 1
    built_from_start = True

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, x):
        return activations.get(self.activation)(x)

    def get_config(self):
        return {**super().get_config(), "activation": activations.serialize(self.activation)}
