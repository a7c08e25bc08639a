"""AveragePooling2D: the mean of each window."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_pooling import Average, BasePooling


@export("keras.layers", "AvgPool2D")
class AveragePooling2D(Average, BasePooling):
    """Mean of each window, channel by channel. Padding is not counted.

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
    cycnn.layers.AveragePooling2D(2)(np.ones((1, 4, 4, 1))).shape  # (1, 2, 2, 1)
    ```
    """

    reads = BasePooling._reads

    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
