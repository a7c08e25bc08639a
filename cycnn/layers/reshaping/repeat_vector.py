"""RepeatVector: the same vector many times."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer
from cycnn.layers.merging.base_merge import Repeat
from cycnn.ops.layout import Reshape


@export("keras.layers")
class RepeatVector(Layer):
    """Each sample's vector `n` times, one below the other.

    Args:
        n: integer.

    Input shape:
        (samples, features).

    Output shape:
        (samples, n, features).
    """

    exact_ndim = 2

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        if checks.as_integer(n) is None:
            raise TypeError(f"`n` must be an integer. Received: n={n!r}.")
        self.n = checks.positive_int("n", n)

    def call(self, x):
        return Reshape((self.n, x.shape[1])).record(Repeat(1, self.n, x.shape[1]).record(x))

    def get_config(self):
        return {**super().get_config(), "n": self.n}
