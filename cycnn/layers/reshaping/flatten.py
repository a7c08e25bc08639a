"""Flatten: one axis from all but the first."""

import math

from cycnn.core.registry import export
from cycnn.layers.layer import Layer, global_data_format
from cycnn.ops.layout import Reshape, Transpose


@export("keras.layers")
class Flatten(Layer):
    """All axes but the sample axis become one. Costs nothing: the memory is seen with another shape.

    Args:
        data_format: with `"channels_first"` the channels are moved to the end before, as in Keras.

    Input shape:
        (n, ...).

    Output shape:
        (n, product of the other lengths).

    Example:

    ```python
    cycnn.layers.Flatten()(np.zeros((4, 3, 3, 64))).shape  # (4, 576)
    ```
    """

    min_ndim = 1

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = global_data_format(data_format)

    def call(self, x):
        if self.data_format == "channels_first" and x.ndim > 2:
            x = Transpose((*range(2, x.ndim), 1)).record(x)
        lengths = x.shape[1:]
        return Reshape((None if None in lengths else math.prod(lengths),)).record(x)

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}
