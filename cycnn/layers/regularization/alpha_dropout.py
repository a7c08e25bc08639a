"""AlphaDropout: dropout that keeps mean and variance."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.regularization.base_noise import BaseDropout

SATURATION = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946  # of selu, far below zero


@export("keras.layers")
class AlphaDropout(BaseDropout):
    """While training, sets a share `rate` of the elements to the value at which `selu` saturates, and scales and shifts all
    of them so that mean 0 and variance 1 stay what they are. Else, y = x.

    Args:
        rate: number of at least 0 and below 1.
        noise_shape: as of `Dropout`.
        seed: integer or None.

    Input shape:
        Any.

    Output shape:
        The input's.

    Reference:
        Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, NIPS 2017.
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(rate, noise_shape, seed, **kwargs)
        checks.number("rate", rate, 0, 1, open_high=True)

    def call(self, x):
        scale = ((1 - self.rate) * (1 + self.rate * SATURATION**2)) ** -0.5
        offset = -scale * SATURATION * self.rate
        return self._dropped(x, scale=scale, offset=offset, dropped=scale * SATURATION + offset)
