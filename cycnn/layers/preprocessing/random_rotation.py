"""RandomRotation: tilted pictures."""

import math

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_geometry import BaseGeometry


@export("keras.layers")
class RandomRotation(BaseGeometry):
    """While training, turns each picture around its middle by a random angle. Else, y = x.

    Args:
        factor: the largest angle in both directions, as a share of a full turn; or the smallest and the largest, where
            positive angles turn against the clock.
        fill_mode: what lies beyond the edge of a picture a b c d: `"reflect"`: d c b a behind it, `"wrap"`: a b c d,
            `"nearest"`: d d d d, `"constant"`: `fill_value`.
        interpolation: `"bilinear"`: each pixel is mixed from four; or `"nearest"`.
        seed: integer or None.
        fill_value: number.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, c).

    Output shape:
        The input's.
    """

    draws = 1

    def __init__(
        self,
        factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = bounds("factor", factor, -1, 1)

    def _map(self):
        return "rotate", (*self.factor, math.nan, math.nan)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
