"""Cropping2D: pictures without their borders."""

from cycnn.core.registry import export
from cycnn.layers.reshaping.base_border import BaseCropping


@export("keras.layers")
class Cropping2D(BaseCropping):
    """Each map without rows and columns at its borders.

    Args:
        cropping: integer; pair (rows above and below, columns on both sides); or pair of pairs
            ((top, bottom), (left, right)).
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, h - top - bottom, w - left - right, c).

    Raises:
        ValueError: nothing would be left.
    """

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)
