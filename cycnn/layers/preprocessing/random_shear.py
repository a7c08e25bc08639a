"""RandomShear: slanted pictures."""

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_geometry import BaseGeometry


@export("keras.layers")
class RandomShear(BaseGeometry):
    """While training, slants each picture: a row moves to a side by a share of its number, a column up or down by a
    share of its own, and both the other way in every other picture. The upper left corner stays. Else, y = x.

    Args:
        x_factor: the largest share for rows, to both sides; or the smallest and the largest.
        y_factor: the same for columns.
        interpolation, fill_mode, fill_value: as of `RandomRotation`.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        seed: integer or None.

    Input shape:
        (n, h, w, c).

    Output shape:
        The input's.
    """

    draws = 3

    def __init__(
        self,
        x_factor=0.0,
        y_factor=0.0,
        interpolation="bilinear",
        fill_mode="reflect",
        fill_value=0.0,
        data_format=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.x_factor, self.y_factor = x_factor, y_factor
        self._bounds = bounds("x_factor", x_factor, -1, 1) + bounds("y_factor", y_factor, -1, 1)

    def _map(self):
        return "shear", self._bounds

    def get_config(self):
        return {**super().get_config(), "x_factor": self.x_factor, "y_factor": self.y_factor}
