"""RandomColorJitter: other light and other colours."""

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import BaseAugmentation
from cycnn.layers.preprocessing.random_brightness import RandomBrightness
from cycnn.layers.preprocessing.random_contrast import RandomContrast
from cycnn.layers.preprocessing.random_hue import RandomHue
from cycnn.layers.preprocessing.random_saturation import RandomSaturation


@export("keras.layers")
class RandomColorJitter(BaseAugmentation):
    """While training, changes brightness, contrast, saturation and hue of each picture, in this order. Else, y = x.

    Args:
        value_range: the smallest and the largest number that a pixel may have.
        brightness_factor: as of `RandomBrightness`; None: brightness stays.
        contrast_factor: as of `RandomContrast`, likewise.
        saturation_factor: as of `RandomSaturation`, likewise.
        hue_factor: as of `RandomHue`, likewise.
        seed: integer or None.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, 3): red, green, blue; any channels where neither saturation nor hue change.

    Output shape:
        The input's.
    """

    draws = 5

    def __init__(
        self,
        value_range=(0, 255),
        brightness_factor=None,
        contrast_factor=None,
        saturation_factor=None,
        hue_factor=None,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.value_range = value_range
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        kinds = {
            RandomBrightness: brightness_factor,
            RandomContrast: contrast_factor,
            RandomSaturation: saturation_factor,
            RandomHue: hue_factor,
        }
        self._steps = tuple(kind(factor, value_range) for kind, factor in kinds.items() if factor is not None)

    def _augmented(self, x, numbers, is_mask):
        for column, step in enumerate(self._steps):
            x = step.changed(x, numbers, column)
        return x

    def get_config(self):
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "brightness_factor": self.brightness_factor,
            "contrast_factor": self.contrast_factor,
            "saturation_factor": self.saturation_factor,
            "hue_factor": self.hue_factor,
        }
