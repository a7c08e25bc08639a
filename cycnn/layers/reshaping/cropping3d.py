"""Cropping3D: volumes without their borders."""

from cycnn.core.registry import export
from cycnn.layers.reshaping.base_border import BaseCropping


@export("keras.layers")
class Cropping3D(BaseCropping):
    """Each volume without its borders.

    Args:
        cropping: integer; triple, one for each axis of space; or triple of pairs (before, after).
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        (n, d, h, w, c).

    Output shape:
        (n, d - before - after, ..., c), for all three axes.

    Raises:
        ValueError: nothing would be left.
    """

    dimensions = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)
