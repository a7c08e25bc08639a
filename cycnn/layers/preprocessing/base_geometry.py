"""What layers share that move pixels."""

from cycnn.core import checks
from cycnn.layers.preprocessing.base_augmentation import BaseAugmentation, Resample


class BaseGeometry(BaseAugmentation):
    """Resamples each picture through an affine map, drawn at random.

    A leaf gives the kind of the map, and what bounds it: `_map()`, of which `kernels.image` says what it means.
    """

    moves = True
    draws = 2

    def __init__(self, fill_mode, interpolation, seed, fill_value, data_format, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.fill_mode = checks.one_of("fill_mode", fill_mode, ("reflect", "wrap", "constant", "nearest"))
        self.interpolation = checks.one_of("interpolation", interpolation, ("nearest", "bilinear"))
        self.fill_value = checks.number("fill_value", fill_value)

    def _map(self):
        """The kind of the map, and its four bounds."""
        raise NotImplementedError

    def _augmented(self, x, numbers, is_mask):
        bilinear = self.interpolation == "bilinear" and not is_mask
        return Resample(*self._map(), self.fill_mode, bilinear, self.fill_value).record((x, numbers))

    def get_config(self):
        return {
            **super().get_config(),
            "fill_mode": self.fill_mode,
            "interpolation": self.interpolation,
            "fill_value": self.fill_value,
        }
