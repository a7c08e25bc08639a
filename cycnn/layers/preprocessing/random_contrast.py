"""RandomContrast: paler and harsher pictures."""

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_colour import BaseColour


@export("keras.layers")
class RandomContrast(BaseColour):
    """While training, y = (x - mean) * z + mean with a random z for each picture and the mean of each of its channels,
    clipped to the range of pixels. Else, y = x.

    Args:
        factor: z lies between 1 - factor and 1 + factor; or, of a pair (lower, upper), between 1 - lower and 1 + upper.
            At least 0 and at most 1. (Keras takes a single number for the upper one, and 0 for the lower.)
        value_range: the smallest and the largest number that a pixel may have.
        seed: integer or None.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, c).

    Output shape:
        The input's.
    """

    verb = "contrast"
    rgb = False

    def __init__(self, factor, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        pair = factor if isinstance(factor, (list, tuple)) else (factor, factor)
        self.factor = bounds("factor", pair, 0, 1)

    def _limits(self):
        lower, upper = self.factor
        return (1 - lower, 1 + upper, *self.value_range)
