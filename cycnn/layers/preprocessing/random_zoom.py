"""RandomZoom: pictures from nearer or farther."""

import math

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_geometry import BaseGeometry


@export("keras.layers")
class RandomZoom(BaseGeometry):
    """While training, zooms each picture out of its middle, or into it. Else, y = x.

    Args:
        height_factor: the largest change of the height that is seen, as a share of it: 0.2 for 80 % (things look
            larger) to 120 % (they look smaller); or the smallest and the largest, where positive ones zoom out.
        width_factor: the same for the width; None: both axes change alike, so that proportions stay.
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
        width_factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._bounds = bounds("height_factor", height_factor, -1, 1, open_low=True)
        if width_factor is None:
            self._bounds += (math.inf, math.inf)
        else:
            self._bounds += bounds("width_factor", width_factor, -1, 1, open_low=True)

    def _map(self):
        return "scale", [1 + share for share in self._bounds]

    def get_config(self):
        return {**super().get_config(), "height_factor": self.height_factor, "width_factor": self.width_factor}
