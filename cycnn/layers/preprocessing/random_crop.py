"""RandomCrop: a part of each picture."""

import math

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import modest
from cycnn.layers.preprocessing.base_augmentation import BaseAugmentation, Resample
from cycnn.layers.reshaping.resizing import resized


@export("keras.layers")
class RandomCrop(BaseAugmentation):
    """While training, cuts a part out of each picture, all places being equally likely. In inference, and from pictures
    that are too small, it takes the largest middle part with the wanted proportions, in the wanted size.

    Each picture has a place of its own. (Keras takes one for a batch, and leaves pictures whole in inference.)

    Args:
        height, width: of the output.
        seed: integer or None.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, height, width, c).
    """

    moves = True
    draws = 2

    def __init__(self, height, width, seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.height, self.width = checks.positive_int("height", height), checks.positive_int("width", width)
        modest("height, width", (self.height, self.width))

    def _at_rest(self, x, is_mask):
        size = x.shape[2:] if self.data_format == "channels_first" else x.shape[1:3]
        if size == (self.height, self.width):
            return x
        return resized(x, self.height, self.width, self.data_format, "nearest" if is_mask else "bilinear", "crop")

    def _augmented(self, x, numbers, is_mask):
        h, w = x.shape[1:3]
        if None not in (h, w) and (h < self.height or w < self.width):
            interpolation = "nearest" if is_mask else "bilinear"
            return resized(x, self.height, self.width, "channels_last", interpolation, "crop")
        size = (self.height, self.width)
        return Resample("crop", (*size, math.nan, math.nan), size=size).record((x, numbers))

    def get_config(self):
        return {**super().get_config(), "height": self.height, "width": self.width}
