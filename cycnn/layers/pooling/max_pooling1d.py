"""MaxPooling1D: the largest value of each window."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_pooling import BasePooling, Maximum


@export("keras.layers", "MaxPool1D")
class MaxPooling1D(Maximum, BasePooling):
    """Largest value of each window, channel by channel. Padding never wins; the first maximum takes the gradient.

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
    cycnn.layers.MaxPooling1D(2)(np.zeros((1, 10, 32))).shape  # (1, 5, 32)
    ```
    """

    dimensions = 1

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
