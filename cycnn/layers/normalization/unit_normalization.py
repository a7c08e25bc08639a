"""UnitNormalization: each sample with the length 1."""

from cycnn.core.registry import export
from cycnn.layers.normalization.base_row_normalization import BaseRowNormalization


@export("keras.layers")
class UnitNormalization(BaseRowNormalization):
    """y = x / max(sqrt(sum of x^2), 1e-12), with the sum over some axes of each sample.

    Args:
        axis: integer or list: the axes of the sum.

    Input shape:
        Any with at least two axes.

    Output shape:
        The input's.

    Example:

    ```python
    cycnn.layers.UnitNormalization()(np.array([[3.0, 4.0]]))  # [[0.6, 0.8]]
    ```
    """

    supports_masking = True
    kind = "unit"
    min_ndim = 2
    built_from_start = True

    def __init__(self, axis=-1, **kwargs):
        super().__init__(axis, 1e-12, **kwargs)

    def get_config(self):
        return {key: value for key, value in super().get_config().items() if key != "epsilon"}
