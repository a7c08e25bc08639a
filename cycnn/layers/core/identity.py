"""Identity: nothing happens."""

from cycnn.core.registry import export
from cycnn.layers.layer import Layer


@export("keras.layers")
class Identity(Layer):
    """y = x: a placeholder. Costs nothing.

    Input shape:
        Any; lists too.

    Output shape:
        The input's.
    """

    supports_masking = True
    built_from_start = True

    def call(self, inputs):
        return inputs
