"""ResizingLike: a feature map resized to the size of another."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.reshaping.base_like import BaseLike
from cycnn.ops.layout import Resize


@export("cycnn.layers")
class ResizingLike(BaseLike):
    """The first feature map in the size of the second: nothing is cut off, pixels are mixed or repeated as in `Resizing`.

    Keras has no such layer.

    Args:
        interpolation: `"bilinear"`: each pixel mixes its two neighbours along each axis; or `"nearest"`.
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        List of two: (n, steps, c), (n, h, w, c) or (n, d, h, w, c), and another with as many axes; their channels may
        differ.

    Output shape:
        The second one's, with the first one's channels.

    Example:

    ```python
    cycnn.layers.ResizingLike()([np.zeros((1, 4, 4, 3)), np.zeros((1, 8, 6, 1))]).shape  # (1, 8, 6, 3)
    ```
    """

    def __init__(self, interpolation="bilinear", data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.interpolation = checks.one_of("interpolation", interpolation, ("nearest", "bilinear"))

    def _fitted(self, x, wanted):
        return Resize(wanted, self.interpolation == "bilinear").record(x)

    def get_config(self):
        return {**super().get_config(), "interpolation": self.interpolation}
