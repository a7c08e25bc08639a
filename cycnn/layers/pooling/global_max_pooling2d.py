"""GlobalMaxPooling2D: the largest value of each channel."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_global_pooling import GlobalMaximum


@export("keras.layers", "GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalMaximum):
    """Largest value of each channel over all rows and columns.

    Args:
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        keepdims: whether rows and columns stay, with length 1.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, c), or (n, 1, 1, c) with `keepdims`.
    """
