"""RandomSaturation: duller and more vivid colours."""

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_colour import BaseColour


@export("keras.layers")
class RandomSaturation(BaseColour):
    """While training, multiplies the saturation of a picture's colours by z / (1 - z), with a random z. Else, y = x.

    Saturation is the distance between a pixel's largest and smallest number, as a share of the largest; it stays within
    0 and 1, while hue and value remain.

    Args:
        factor: the largest z, the smallest being 0; or both. 0 makes pictures gray, 0.5 changes nothing, 1 gives the
            purest colours.
        value_range: the smallest and the largest number that a pixel may have.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        seed: integer or None.

    Input shape:
        (n, h, w, 3): red, green, blue.

    Output shape:
        The input's.
    """

    verb = "saturation"

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = bounds("factor", factor, -1, 1, least=0.0)

    def _limits(self):
        return (*self.factor, self.value_range[0])
