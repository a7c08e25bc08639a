"""ZeroPadding1D: zeros around lines."""

from cycnn.core.registry import export
from cycnn.layers.reshaping.base_border import BaseZeroPadding


@export("keras.layers")
class ZeroPadding1D(BaseZeroPadding):
    """Steps of zeros before and after each line.

    Args:
        padding: integer, or pair (before, after).
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        (n, steps, c).

    Output shape:
        (n, before + steps + after, c).
    """

    dimensions = 1

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(padding, data_format, **kwargs)
