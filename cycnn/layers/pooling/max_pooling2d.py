"""MaxPooling2D: the largest value of each window."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.engine.graph import Memory, per_sample
from cycnn.layers.pooling.base_pooling import BasePooling


@export("keras.layers", "MaxPool2D")
class MaxPooling2D(BasePooling):
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

    takes_relu = True

    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)

    def memory(self, x):
        y = self._output(x)
        return Memory(y) if None in y.sample else Memory(y, {"argmax": per_sample(y.sample, "int32")})

    def forward(self, emit, x, y, work, *, training, activation=0):
        argmax = work["argmax"] if emit.differentiates else None
        emit(kernels.pool.max_forward, x, y, argmax, *self._window(x), activation != 0, units=y.shape[0])

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.pool.max_backward, dy, work["argmax"], dx, *self._window(x))
