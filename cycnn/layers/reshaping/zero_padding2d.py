"""ZeroPadding2D: zeros around pictures."""

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory
from cycnn.layers.layer import Layer, global_data_format, modest
from cycnn.ops.layout import Transpose


@export("keras.layers")
class ZeroPadding2D(Layer):
    """Rows and columns of zeros around each map.

    Args:
        padding: integer; pair (rows above and below, columns on both sides); or pair of pairs
            ((top, bottom), (left, right)).
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, top + h + bottom, left + w + right, c).
    """

    exact_ndim = 4

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = global_data_format(data_format)
        try:
            rows, columns = (padding, padding) if checks.as_integer(padding) is not None else padding
            self.padding = (checks.non_negative_pair("padding", rows), checks.non_negative_pair("padding", columns))
        except (TypeError, ValueError):
            raise ValueError(
                "`padding` must be an integer, a pair of integers, or a pair of pairs "
                f"((top, bottom), (left, right)), all at least 0. Received: padding={padding}."
            ) from None
        modest("padding", (*self.padding[0], *self.padding[1]))

    def call(self, x):
        if self.data_format == "channels_first":
            return Transpose((3, 1, 2)).record(self.record(Transpose((2, 3, 1)).record(x)))
        return self.record(x)

    def memory(self, x):
        n, h, w, c = x.shape
        (top, bottom), (left, right) = self.padding
        return Memory(TensorSpec((n, h and top + h + bottom, w and left + w + right, c)))

    def is_view(self, training):
        return self.padding == ((0, 0), (0, 0))

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.layout.pad, x, y, self.padding[0][0], self.padding[1][0])

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.layout.crop, dy, dx, self.padding[0][0], self.padding[1][0])

    def get_config(self):
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}
