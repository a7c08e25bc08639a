"""RandomTranslation: shifted pictures."""

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_geometry import BaseGeometry


@export("keras.layers")
class RandomTranslation(BaseGeometry):
    """While training, shifts each picture up or down, and to a side. Else, y = x.

    Args:
        height_factor: the longest way up and down, as a share of the height; or the smallest and the largest, where
            positive ones are downward.
        width_factor: the longest way to both sides, as a share of the width; or the smallest and the largest, where
            positive ones are to the right.
        fill_mode, interpolation, fill_value: as of `RandomRotation`.
        seed: integer or None.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, c).

    Output shape:
        The input's.
    """

    def __init__(
        self,
        height_factor,
        width_factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._bounds = bounds("height_factor", height_factor, -1, 1) + bounds("width_factor", width_factor, -1, 1)

    def _map(self):
        return "shift", self._bounds

    def get_config(self):
        return {**super().get_config(), "height_factor": self.height_factor, "width_factor": self.width_factor}
