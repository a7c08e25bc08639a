"""MaxPooling2D: the largest value of each window."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_pooling import BasePooling, Maximum


@export("keras.layers", "MaxPool2D")
class MaxPooling2D(Maximum, BasePooling):
    """Largest value of each window, channel by channel. Padding never wins; the first maximum takes the gradient.

    Args:
        pool_size: integer or pair: height and width of the window.
        strides: integer or pair; None: the window's size.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, (h - pool) // stride + 1, (w - pool) // stride + 1, c); with `same`, (n, ceil(h / stride), ceil(w / stride), c).

    Example:

    ```python
    cycnn.layers.MaxPooling2D(2)(np.zeros((1, 26, 26, 32))).shape  # (1, 13, 13, 32)
    ```
    """

    reads = BasePooling._reads

    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
