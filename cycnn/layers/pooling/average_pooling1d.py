"""AveragePooling1D: the mean of each window."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_pooling import Average, BasePooling


@export("keras.layers", "AvgPool1D")
class AveragePooling1D(Average, BasePooling):
    """Mean of each window, channel by channel. Padding is not counted.

    Args:
        pool_size: integer: length of the window.
        strides: integer; None: the window's size.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, steps, c).

    Output shape:
        (n, (steps - pool) // stride + 1, c); with `same`, (n, ceil(steps / stride), c).

    Example:

    ```python
    cycnn.layers.AveragePooling1D(2)(np.ones((1, 4, 1))).shape  # (1, 2, 1)
    ```
    """

    dimensions = 1

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
