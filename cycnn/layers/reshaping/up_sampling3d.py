"""UpSampling3D: larger volumes."""

from cycnn.core.registry import export
from cycnn.layers.reshaping.base_up_sampling import BaseUpSampling


@export("keras.layers")
class UpSampling3D(BaseUpSampling):
    """Each pixel becomes a block of its copies.

    Args:
        size: integer or triple: factors of the three axes of space.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, d, h, w, c).

    Output shape:
        (n, size[0] * d, size[1] * h, size[2] * w, c).
    """

    dimensions = 3

    def __init__(self, size=(2, 2, 2), data_format=None, **kwargs):
        super().__init__(size, data_format, **kwargs)
