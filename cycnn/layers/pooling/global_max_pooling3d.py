"""GlobalMaxPooling3D: the largest value of each channel."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_global_pooling import GlobalMaximum


@export("keras.layers", "GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalMaximum):
    """Largest value of each channel over all three axes of space.

    Args:
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        keepdims: whether the axes of space stay, with length 1.

    Input shape:
        (n, d, h, w, c).

    Output shape:
        (n, c), or (n, 1, 1, 1, c) with `keepdims`.
    """

    dimensions = 3
