"""MaxPooling3D: the largest value of each window."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_pooling import BasePooling, Maximum


@export("keras.layers", "MaxPool3D")
class MaxPooling3D(Maximum, BasePooling):
    """Largest value of each window, channel by channel. Padding never wins; the first maximum takes the gradient.

    Args:
        pool_size: integer or triple: the window's three sides.
        strides: integer or triple; None: the window's size.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, d, h, w, c).

    Output shape:
        (n, (d - pool) // stride + 1, ..., c), for all three axes; with `same`, (n, ceil(d / stride), ..., c).

    Example:

    ```python
    cycnn.layers.MaxPooling3D(2)(np.zeros((1, 8, 8, 8, 32))).shape  # (1, 4, 4, 4, 32)
    ```
    """

    dimensions = 3

    def __init__(self, pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
