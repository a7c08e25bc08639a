"""GlobalAveragePooling2D: the mean of each channel."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_global_pooling import GlobalAverage


@export("keras.layers", "GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAverage):
    """Mean of each channel over all rows and columns.

    Args:
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        keepdims: whether rows and columns stay, with length 1.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, c), or (n, 1, 1, c) with `keepdims`.
    """
