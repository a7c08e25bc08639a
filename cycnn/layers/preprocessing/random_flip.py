"""RandomFlip: pictures in a mirror."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import BaseAugmentation, Resample


@export("keras.layers")
class RandomFlip(BaseAugmentation):
    """While training, turns every other picture over, on average. Else, y = x.

    Args:
        mode: `"horizontal"`: left and right change places; `"vertical"`: above and below; `"horizontal_and_vertical"`:
            one, the other, both or none, all equally likely. (Keras 3 turns both or none.)
        seed: integer or None.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, c).

    Output shape:
        The input's.

    Example:

    ```python
    model = models.Sequential([layers.Input((32, 32, 3)), layers.RandomFlip("horizontal"), layers.Conv2D(8, 3)])
    photos = np.zeros((4, 32, 32, 3))
    model.predict(photos).shape  # (4, 30, 30, 8), of the photos as they are
    layers.RandomFlip()(photos).shape  # (4, 32, 32, 3): called on arrays, it acts unless `training=False`
    ```
    """

    moves = True
    draws = 2

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.mode = checks.one_of("mode", mode, ("horizontal", "vertical", "horizontal_and_vertical"))

    def _augmented(self, x, numbers, is_mask):
        chances = (0.5 * ("horizontal" in self.mode), 0.5 * ("vertical" in self.mode), 0, 0)
        return Resample("flip", chances).record((x, numbers))

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}
