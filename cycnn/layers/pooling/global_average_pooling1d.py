"""GlobalAveragePooling1D: the mean of each channel."""

from cycnn import ops
from cycnn.core.registry import export
from cycnn.layers.pooling.base_global_pooling import GlobalAverage


@export("keras.layers", "GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalAverage):
    """Mean of each channel over all steps, or those that an input's mask leaves.

    Args:
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        keepdims: whether the steps stay, with length 1.

    Input shape:
        (n, steps, c).

    Output shape:
        (n, c), or (n, 1, c) with `keepdims`.
    """

    supports_masking = True
    dimensions = 1
    takes_mask = True

    def call(self, inputs, mask=None):
        if mask is None:
            return super().call(inputs)
        first = self.data_format == "channels_first"
        counts = ops.cast(ops.expand_dims(mask, 1 if first else 2), "float32")
        total, number = (ops.sum(x, axis=2 if first else 1, keepdims=self.keepdims) for x in (inputs * counts, counts))
        return total / number

    def compute_mask(self, inputs, mask=None):
        return None
