"""Rescaling: x * scale + offset."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer
from cycnn.ops.elementwise import Affine


@export("keras.layers")
class Rescaling(Layer):
    """y = x * scale + offset, like `Rescaling(1 / 255)` for pictures.

    Args:
        scale: number.
        offset: number.

    Input shape:
        Any.

    Output shape:
        The input's.
    """

    min_ndim = 1

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = checks.number("scale", scale)
        self.offset = checks.number("offset", offset)

    def call(self, x):
        return Affine(self.scale, self.offset).record(x)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}
