"""What the layers that repeat pixels share."""

from cycnn.core import checks
from cycnn.layers.layer import Layer, global_data_format, modest
from cycnn.ops.layout import Enlarge, channels_to_first, channels_to_last


class BaseUpSampling(Layer):
    """Each pixel becomes a block of its copies. A leaf gives `dimensions`, how many axes of space there are."""

    dimensions = 2

    def __init__(self, size, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = global_data_format(data_format)
        self.size = modest("size", checks.positive_ints("size", size, self.dimensions))
        self.exact_ndim = self.dimensions + 2

    def call(self, x):
        if self.data_format == "channels_first":
            return channels_to_first(self._enlarged(channels_to_last(x)))
        return self._enlarged(x)

    def _enlarged(self, x):
        return Enlarge(self.size).record(x)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "data_format": self.data_format}
