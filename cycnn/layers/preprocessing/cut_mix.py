"""CutMix: pictures with a rectangle of another."""

import numpy as np

from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_mixing import BaseMixing


@export("keras.layers")
class CutMix(BaseMixing):
    """While training, puts a rectangle of another picture of the batch into each, and mixes labels by its area.

    The rectangle has the picture's proportions, and its area is a share of the beta distribution. It is called on
    arrays, like `MixUp`.

    Args:
        factor: both parameters of the beta distribution, drawn for a batch between 0 and this, or between the two
            numbers of a pair. At least 0 and at most 1.
        seed: integer or None.
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        (n, h, w, c).

    Output shape:
        The input's.

    Reference:
        Yun, Han, Oh, Chun, Choe and Yoo, CutMix: Regularization Strategy to Train Strong Classifiers, ICCV 2019.
    """

    def __init__(self, factor=1.0, seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.factor = bounds("factor", factor, 0, 1, least=0.0)

    def _plan(self, random, shape):
        """Where the rectangles lie: `(top, left, bottom, right)`, each (n,), in pixels and parts of them."""
        alpha = random.uniform(*self.factor) + 1e-6
        side = np.sqrt(1 - random.beta(alpha, alpha, shape[0]))
        h, w = self._lengths(shape)
        top, left = (random.random(shape[0]) * (length - side * length) for length in (h, w))
        return top, left, top + side * h, left + side * w

    def _mixed(self, images, others, plan):
        top, left, bottom, right = (edge[:, None, None] for edge in plan)
        h, w = self._lengths(images.shape)
        i, j = np.arange(h)[:, None], np.arange(w)
        inside = (i >= top) & (i < bottom) & (j >= left) & (j < right)
        return np.where(inside[:, None] if self.data_format == "channels_first" else inside[..., None], others, images)

    def _shares(self, plan, shape):
        (top, left, bottom, right), (h, w) = plan, self._lengths(shape)
        return (1 - (bottom - top) * (right - left) / (h * w)).astype(np.float32)

    def _lengths(self, shape):
        return shape[2:] if self.data_format == "channels_first" else shape[1:3]

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
