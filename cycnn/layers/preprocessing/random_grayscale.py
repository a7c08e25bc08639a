"""RandomGrayscale: some pictures without colours."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import BaseAugmentation
from cycnn.layers.preprocessing.base_colour import Recolour


@export("keras.layers")
class RandomGrayscale(BaseAugmentation):
    """While training, makes some pictures gray: 0.2989 red + 0.587 green + 0.114 blue in all channels. Else, y = x.

    Args:
        factor: the probability, between 0 and 1.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        seed: integer or None.

    Input shape:
        (n, h, w, 3): red, green, blue; or (n, h, w, 1), which stays what it is.

    Output shape:
        The input's.
    """

    def __init__(self, factor=0.5, data_format=None, seed=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.factor = checks.number("factor", factor, 0, 1)

    def _augmented(self, x, numbers, is_mask):
        if x.shape[-1] not in (1, 3):
            self._refuse_input("pictures with one channel or three", f"shape={x.shape}")
        return x if x.shape[-1] == 1 else Recolour("grayscale", 0, (self.factor,)).record((x, numbers))

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
