"""UpSampling2D: larger pictures."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.reshaping.base_up_sampling import BaseUpSampling
from cycnn.ops.layout import Resize


@export("keras.layers")
class UpSampling2D(BaseUpSampling):
    """Each pixel becomes a block of `size` pixels: its copies, or mixtures with its neighbours.

    Args:
        size: integer or pair: factors of the rows and columns.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        interpolation: `"nearest"` or `"bilinear"`.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, size[0] * h, size[1] * w, c).

    Example:

    ```python
    cycnn.layers.UpSampling2D(2)(np.ones((1, 4, 4, 1))).shape  # (1, 8, 8, 1)
    ```
    """

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(size, data_format, **kwargs)
        self.interpolation = checks.one_of("interpolation", interpolation, ("nearest", "bilinear"))

    def _enlarged(self, x):
        if self.interpolation == "nearest":
            return super()._enlarged(x)
        lengths = (length and length * factor for length, factor in zip(x.shape[1:], self.size))
        return Resize((*lengths, x.shape[-1]), True).record(x)

    def get_config(self):
        return {**super().get_config(), "interpolation": self.interpolation}
