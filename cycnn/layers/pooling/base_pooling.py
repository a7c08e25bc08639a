"""What poolings over windows share."""

from cycnn.core import checks, shapes
from cycnn.core.spec import TensorSpec
from cycnn.layers.layer import Layer, global_data_format, modest
from cycnn.ops.layout import Transpose


class BasePooling(Layer):
    """A window of `pool_size` slides over rows and columns by `strides` (the window's size where None).

    A leaf gives `memory`, `forward` and `backward` with its kernels.
    """

    exact_ndim = 4
    built_from_start = True

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = modest("pool_size", checks.positive_pair("pool_size", pool_size))
        self.strides = modest(
            "strides", checks.positive_pair("strides", self.pool_size if strides is None else strides)
        )
        self.padding = checks.padding(padding)
        self.data_format = global_data_format(data_format)

    def call(self, x):
        if self.data_format == "channels_first":
            return Transpose((3, 1, 2)).record(self.record(Transpose((2, 3, 1)).record(x)))
        return self.record(x)

    def _windows(self, sample):
        found = [
            shapes.window(size, pool, stride, 1, self.padding)
            for size, pool, stride in zip(sample, self.pool_size, self.strides, strict=False)
        ]
        if any(window.size is not None and window.size < 1 for window in found):
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): a window of {self.pool_size} does not fit into the "
                f"input, so the output would be empty. Received: input of shape {tuple(sample)} (rows, columns, channels)."
            )
        return found

    def _output(self, x):
        rows, columns = self._windows(x.sample)
        return TensorSpec((x.shape[0], rows.size, columns.size, x.shape[3]))

    def reads(self, x):
        """Rows and columns of the input, from the first on, that some window sees."""
        windows = zip(self._windows(x.sample), x.sample, self.pool_size, self.strides, strict=False)
        return tuple(
            min(length, (window.size - 1) * stride + pool - window.before) for window, length, pool, stride in windows
        )

    def _window(self, x):
        """The window as the kernels take it: size, strides, zeros above and to the left."""
        rows, columns = self._windows(x.shape)
        return (*self.pool_size, *self.strides, rows.before, columns.before)

    def flops(self, x):
        return self._output(x).size * self.pool_size[0] * self.pool_size[1]

    def get_config(self):
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }
