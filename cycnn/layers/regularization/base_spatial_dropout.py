"""What the layers that drop whole channels share."""

from cycnn.layers.layer import global_data_format
from cycnn.layers.regularization.base_noise import BaseDropout


class BaseSpatialDropout(BaseDropout):
    """Drops whole channels: neighbouring pixels are alike, so one of them alone would hardly be missed. A leaf gives
    `dimensions`, how many axes of space there are.
    """

    dimensions = 2

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(rate, None, seed, name=name, dtype=dtype)
        self.data_format = global_data_format(data_format)
        self.exact_ndim = self.dimensions + 2

    def _noise_shape(self, shape):
        ones = (1,) * self.dimensions
        return (None, None, *ones) if self.data_format == "channels_first" else (None, *ones, None)

    def get_config(self):
        config = {"rate": self.rate, "seed": self.seed, "name": self.name, "dtype": self.dtype}
        return config if self.dimensions == 1 else {**config, "data_format": self.data_format}
