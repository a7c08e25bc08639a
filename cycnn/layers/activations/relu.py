"""ReLU as a layer."""

from cycnn import activations
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer


@export("keras.layers")
class ReLU(Layer):
    """x where x is at least `threshold`, at most `max_value`; `negative_slope * (x - threshold)` below.

    Args:
        max_value: number of at least 0 or None: the clipped ReLU's bound.
        negative_slope: number of at least 0.
        threshold: number of at least 0.

    Input shape:
        Any.

    Output shape:
        The input's.
    """

    supports_masking = True
    min_ndim = 1
    built_from_start = True

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else checks.number("max_value", max_value, 0)
        self.negative_slope = checks.number("negative_slope", 0.0 if negative_slope is None else negative_slope, 0)
        self.threshold = checks.number("threshold", 0.0 if threshold is None else threshold, 0)

    def call(self, x):
        return activations.relu(x, self.negative_slope, self.max_value, self.threshold)

    def get_config(self):
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }
