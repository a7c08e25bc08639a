"""ZeroPadding2D: zeros around pictures."""

from cycnn.core.registry import export
from cycnn.layers.reshaping.base_border import BaseZeroPadding


@export("keras.layers")
class ZeroPadding2D(BaseZeroPadding):
    """Rows and columns of zeros around each map.

    Args:
        padding: integer; pair (rows above and below, columns on both sides); or pair of pairs
            ((top, bottom), (left, right)).
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, top + h + bottom, left + w + right, c).
    """

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(padding, data_format, **kwargs)
