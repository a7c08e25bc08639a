"""GlobalAveragePooling1D: the mean of each channel."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_global_pooling import GlobalAverage


@export("keras.layers", "GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalAverage):
    """Mean of each channel over all steps.

    Args:
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        keepdims: whether the steps stay, with length 1.

    Input shape:
        (n, steps, c).

    Output shape:
        (n, c), or (n, 1, c) with `keepdims`.
    """

    dimensions = 1
    takes_mask = True
