"""GlobalAveragePooling2D: the mean of each map."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.engine.graph import Memory
from cycnn.layers.pooling.base_global_pooling import BaseGlobalPooling


@export("keras.layers", "GlobalAvgPool2D")
class GlobalAveragePooling2D(BaseGlobalPooling):
    """Mean of each channel over all rows and columns.

    Args:
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        keepdims: whether rows and columns stay, with length 1.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, c), or (n, 1, 1, c) with `keepdims`.
    """

    def memory(self, x):
        return Memory(self._output(x))

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.pool.global_average_forward, self._pixels(x), y)

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.pool.global_average_backward, dy, self._pixels(dx))
