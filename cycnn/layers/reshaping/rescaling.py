"""Rescaling: x * scale + offset."""

import numpy as np

from cycnn import config
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer
from cycnn.ops.elementwise import Affine


@export("keras.layers")
class Rescaling(Layer):
    """y = x * scale + offset, like `Rescaling(1 / 255)` for pictures.

    Args:
        scale: number, or a list of one for each channel (slower: computed by NumPy).
        offset: number or list.

    Input shape:
        Any.

    Output shape:
        The input's.
    """

    supports_masking = True
    min_ndim = 1

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.offset = _checked("scale", scale), _checked("offset", offset)

    def call(self, x):
        if isinstance(self.scale, float) and isinstance(self.offset, float):
            return Affine(self.scale, self.offset).record(x)
        return x * self._factors("scale", x.shape) + self._factors("offset", x.shape)

    def _factors(self, name, shape):
        """A number, or an array of one for each channel, along the channels' axis."""
        value = getattr(self, name)
        if isinstance(value, float):
            return value
        first = config.image_data_format() == "channels_first" and len(shape) > 2
        channels = shape[1 if first else -1]
        if len(value) not in (1, channels):
            raise ValueError(
                f"Layer {self.name!r} (Rescaling): `{name}` must be a number, or as many as there are channels, {channels}. "
                f"Received: {name}={value}."
            )
        return np.array(value, np.float32).reshape((-1, *(1,) * (len(shape) - 2)) if first else -1)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}


def _checked(name, value):
    """A float, or a list of floats."""
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) == 1:
        return [checks.number(name, each) for each in value]
    return checks.number(name, value)
