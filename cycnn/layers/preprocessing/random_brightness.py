"""RandomBrightness: darker and lighter pictures."""

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_colour import BaseColour


@export("keras.layers")
class RandomBrightness(BaseColour):
    """While training, adds one random number to all pixels of a picture, and clips them to their range. Else, y = x.

    Args:
        factor: the largest number in both directions, as a share of the range; or the smallest and the largest, between
            -1 (black) and 1 (white).
        value_range: the smallest and the largest number that a pixel may have.
        seed: integer or None.
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        (n, h, w, c).

    Output shape:
        The input's.
    """

    verb = "brightness"
    rgb = False

    def __init__(self, factor, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = bounds("factor", factor, -1, 1)

    def _limits(self):
        low, high = self.value_range
        return (*(share * (high - low) for share in self.factor), low, high)
