"""L2Pooling2D: the Euclidean norm of each window."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.layers.pooling.base_pooling import BasePooling


@export("cycnn.layers")
class L2Pooling2D(BasePooling):
    """y = sqrt(sum of x^2) over each window, channel by channel. Padding adds nothing; a window of zeros has no gradient.

    Keras has no such layer.

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
    cycnn.layers.L2Pooling2D(2)(np.ones((1, 4, 4, 1)))[0, 0, 0]  # [2]
    ```
    """

    reads = BasePooling._reads

    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def _pool(self, emit, x, y, argmax, each, activation):
        emit(kernels.pool.norm_forward, x, y, *each.window, units=each.maps * each.y[0])

    def _spread(self, emit, dy, argmax, dx, each, x, y):
        emit(kernels.pool.norm_backward, x, y, dy, dx, *each.window, units=each.maps)
