"""AveragePooling2D: the mean of each window."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.engine.graph import Memory
from cycnn.layers.pooling.base_pooling import BasePooling


@export("keras.layers", "AvgPool2D")
class AveragePooling2D(BasePooling):
    """Mean of each window, channel by channel. Padding is not counted.

    Args:
        pool_size: integer or pair: height and width of the window.
        strides: integer or pair; None: the window's size.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, c).

    Output shape:
        As `MaxPooling2D`.

    Example:

    ```python
    cycnn.layers.AveragePooling2D(2)(np.ones((1, 4, 4, 1))).shape  # (1, 2, 2, 1)
    ```
    """

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)

    def memory(self, x):
        return Memory(self._output(x))

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.pool.average_forward, x, y, *self._window(x), units=y.shape[0])

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.pool.average_backward, dy, dx, *self._window(x))
