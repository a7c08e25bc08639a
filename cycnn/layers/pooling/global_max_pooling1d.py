"""GlobalMaxPooling1D: the largest value of each channel."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_global_pooling import GlobalMaximum


@export("keras.layers", "GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalMaximum):
    """Largest value of each channel over all steps.

    Args:
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        keepdims: whether the steps stay, with length 1.

    Input shape:
        (n, steps, c).

    Output shape:
        (n, c), or (n, 1, c) with `keepdims`.
    """

    dimensions = 1
