"""MixUp: weighted means of pictures."""

import numpy as np

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.preprocessing.base_mixing import BaseMixing


@export("keras.layers")
class MixUp(BaseMixing):
    """While training, y = z x + (1 - z) x' with another picture x' of the batch, and the same of labels; z is a random
    number of the beta distribution, another for each picture.

    It is called on arrays, as in `dataset.map`: on a dictionary with `"images"` and `"labels"` (one number or one row
    of numbers a picture, like probabilities of classes), or on images alone.

    Args:
        alpha: both parameters of the beta distribution: near 0, z is near 0 or 1; with 1, all z are equally likely.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: integer or None.

    Input shape:
        (n, h, w, c).

    Output shape:
        The input's.

    Reference:
        Zhang, Cisse, Dauphin and Lopez-Paz, mixup: Beyond Empirical Risk Minimization, ICLR 2018.

    Example:

    ```python
    batch = {"images": np.zeros((8, 32, 32, 3)), "labels": np.eye(8)}
    layers.MixUp(alpha=0.2)(batch)["labels"].sum(1)  # eight ones
    ```
    """

    def __init__(self, alpha=0.2, data_format=None, seed=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.alpha = checks.number("alpha", alpha, 0, open_low=True)

    def _plan(self, random, shape):
        return random.beta(self.alpha, self.alpha, shape[0]).astype(np.float32)

    def _mixed(self, images, others, plan):
        share = plan[:, None, None, None]
        return share * images + (1 - share) * others

    def _shares(self, plan, shape):
        return plan

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}
