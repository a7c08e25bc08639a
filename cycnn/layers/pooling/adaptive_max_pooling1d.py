"""AdaptiveMaxPooling1D: windows that fit the output's size."""

from cycnn.core.registry import export
from cycnn.layers.pooling.base_pooling import BaseAdaptivePooling, Maximum


@export("keras.layers")
class AdaptiveMaxPooling1D(Maximum, BaseAdaptivePooling):
    """Largest value of each of `output_size` windows, channel by channel, whatever the input's size.

    Along each axis, window k of m begins at floor(k * size / m) and ends before ceil((k + 1) * size / m): windows overlap
    by a pixel where they do not divide evenly.

    Args:
        output_size: integer: steps of the output.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, steps, c).

    Output shape:
        (n, output_size, c).

    Example:

    ```python
    cycnn.layers.AdaptiveMaxPooling1D(3)(np.zeros((1, 7, 3))).shape  # (1, 3, 3)
    ```
    """

    dimensions = 1
