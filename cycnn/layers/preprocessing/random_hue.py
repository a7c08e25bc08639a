"""RandomHue: pictures in other colours."""

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_colour import BaseColour


@export("keras.layers")
class RandomHue(BaseColour):
    """While training, turns the colours of a picture around the circle of hues. Else, y = x.

    Args:
        factor: the largest turn, as a share of half the circle, in one direction or the other; or the smallest and the
            largest. At least 0 and at most 1.
        value_range: the smallest and the largest number that a pixel may have.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        seed: integer or None.

    Input shape:
        (n, h, w, 3): red, green, blue.

    Output shape:
        The input's.
    """

    verb = "hue"
    draws = 2

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = bounds("factor", factor, 0, 1, least=0.0)
