"""ZeroPadding3D: zeros around volumes."""

from cycnn.core.registry import export
from cycnn.layers.reshaping.base_border import BaseZeroPadding


@export("keras.layers")
class ZeroPadding3D(BaseZeroPadding):
    """Zeros around each volume.

    Args:
        padding: integer; triple, one for each axis of space; or triple of pairs (before, after).
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        (n, d, h, w, c).

    Output shape:
        (n, before + d + after, ..., c), for all three axes.
    """

    dimensions = 3

    def __init__(self, padding=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(padding, data_format, **kwargs)
