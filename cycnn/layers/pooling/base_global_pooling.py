"""What poolings over whole maps share."""

from cycnn.core.spec import TensorSpec
from cycnn.layers.layer import Layer, global_data_format
from cycnn.ops.layout import Reshape, Transpose


class BaseGlobalPooling(Layer):
    """One value per channel. A leaf gives `memory`, `forward` and `backward` with its kernels."""

    exact_ndim = 4
    built_from_start = True

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.data_format = global_data_format(data_format)
        self.keepdims = bool(keepdims)

    def call(self, x):
        first = self.data_format == "channels_first"
        y = self.record(Transpose((2, 3, 1)).record(x) if first else x)
        if self.keepdims:
            return Reshape((y.shape[1], 1, 1) if first else (1, 1, y.shape[1])).record(y)
        return y

    @staticmethod
    def _output(x):
        return TensorSpec((x.shape[0], x.shape[3]))

    @staticmethod
    def _pixels(x):
        """The map as (pixels, channels)."""
        return x.view(x.shape[0] * x.shape[1], x.shape[2])

    def flops(self, x):
        return x.size

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}
