"""GlobalMaxPooling2D: the largest value of each map."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.engine.graph import Memory, per_sample
from cycnn.layers.pooling.base_global_pooling import BaseGlobalPooling


@export("keras.layers", "GlobalMaxPool2D")
class GlobalMaxPooling2D(BaseGlobalPooling):
    """Largest value of each channel over all rows and columns.

    Args:
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        keepdims: whether rows and columns stay, with length 1.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, c), or (n, 1, 1, c) with `keepdims`.
    """

    def memory(self, x):
        y = self._output(x)
        return Memory(y, {"argmax": per_sample(y.sample, "int32")})

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.pool.global_max_forward, self._pixels(x), y, work["argmax"])

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.pool.global_max_backward, dy, work["argmax"], self._pixels(dx))
