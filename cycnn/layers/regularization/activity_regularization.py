"""ActivityRegularization: a penalty on what passes through."""

from cycnn import regularizers
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer


@export("keras.layers")
class ActivityRegularization(Layer):
    """y = x; the loss gets l1 * sum(|x|) + l2 * sum(x^2), divided by the number of samples.

    Args:
        l1, l2: numbers of at least 0.

    Input shape:
        Any.

    Output shape:
        The input's.
    """

    supports_masking = True
    min_ndim = 1
    built_from_start = True

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        self.l1, self.l2 = checks.number("l1", l1, 0), checks.number("l2", l2, 0)
        super().__init__(activity_regularizer=regularizers.L1L2(self.l1, self.l2), **kwargs)

    def call(self, x):
        return x

    def get_config(self):
        config = {key: value for key, value in super().get_config().items() if key != "activity_regularizer"}
        return {**config, "l1": self.l1, "l2": self.l2}
