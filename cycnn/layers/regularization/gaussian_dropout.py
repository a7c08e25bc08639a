"""GaussianDropout: random factors while training."""

import math

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory
from cycnn.layers.regularization.base_noise import BaseNoise, key


@export("keras.layers")
class GaussianDropout(BaseNoise):
    """While training, y = x * z with z of a normal distribution around 1, of variance rate / (1 - rate), as the factors of
    `Dropout` have it. Else, y = x.

    Args:
        rate: number of at least 0 and below 1.
        seed: integer or None.

    Input shape:
        Any.

    Output shape:
        The input's.

    Reference:
        Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 2014, section 10.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.rate = checks.number("rate", rate, 0, 1, open_high=True)

    def memory(self, x):
        return Memory(TensorSpec(x.shape))

    def is_view(self, training):
        return not training or self.rate == 0

    def _emit(self, emit, x, y, work):
        deviation = math.sqrt(self.rate / (1 - self.rate))
        emit(kernels.elementwise.gaussian_noise, x, y, emit.state, work["key"], True, deviation)

    def forward(self, emit, x, y, work, *, training):
        work["key"] = key(emit, self.seed)
        self._emit(emit, x, y, work)

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            self._emit(emit, dy, dx, work)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
