"""Permute: the axes of each sample in another order."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer
from cycnn.ops.layout import Transpose


@export("keras.layers")
class Permute(Layer):
    """Axis i of the output is axis `dims[i]` of the input; axes count from 1, the sample axis stays.

    Args:
        dims: tuple that holds 1, 2, ... once each, up to five of them.

    Input shape:
        (n, ...).

    Output shape:
        The input's, permuted.

    Example:

    ```python
    cycnn.layers.Permute((2, 1))(np.zeros((4, 10, 64))).shape  # (4, 64, 10)
    ```
    """

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        found = [checks.as_integer(d) for d in (dims if hasattr(dims, "__iter__") else (dims,))]
        if None in found or sorted(found) != list(range(1, len(found) + 1)) or not 1 <= len(found) <= 5:
            raise checks.refuse("dims", "a tuple that holds 1, 2, ... once each, at most five of them", dims)
        self.dims = tuple(found)
        self.exact_ndim = len(self.dims) + 1

    def call(self, x):
        return Transpose(self.dims).record(x)

    def get_config(self):
        return {**super().get_config(), "dims": self.dims}
