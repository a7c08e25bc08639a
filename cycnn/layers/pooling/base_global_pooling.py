"""What poolings over all of space share."""

import math

from cycnn import kernels
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, per_sample
from cycnn.layers.layer import Layer, global_data_format
from cycnn.ops.layout import Reshape, channels_to_last


class BaseGlobalPooling(Layer):
    """One value per channel. A leaf gives `dimensions`, how many axes of space there are."""

    dimensions = 2
    built_from_start = True

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.data_format = global_data_format(data_format)
        self.keepdims = bool(keepdims)
        self.exact_ndim = self.dimensions + 2

    def call(self, x):
        first = self.data_format == "channels_first"
        y = self.record(channels_to_last(x) if first else x)
        if self.keepdims:
            ones = (1,) * self.dimensions
            return Reshape((y.shape[1], *ones) if first else (*ones, y.shape[1])).record(y)
        return y

    @staticmethod
    def _output(x):
        return TensorSpec((x.shape[0], x.shape[-1]))

    @staticmethod
    def _pixels(x):
        """The map as (pixels, channels)."""
        return x.view(math.prod(x.shape[:-1]), x.shape[-1])

    def flops(self, x):
        return x.size

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class GlobalMaximum(BaseGlobalPooling):
    """The largest value of each channel; the first one takes the gradient."""

    def memory(self, x):
        y = self._output(x)
        return Memory(y, {"argmax": per_sample(y.sample, "int32")})

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.pool.global_max_forward, self._pixels(x), y, work["argmax"])

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.pool.global_max_backward, dy, work["argmax"], self._pixels(dx))


class GlobalAverage(BaseGlobalPooling):
    """The mean of each channel."""

    def memory(self, x):
        return Memory(self._output(x))

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.pool.global_average_forward, self._pixels(x), y)

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.pool.global_average_backward, dy, self._pixels(dx))
