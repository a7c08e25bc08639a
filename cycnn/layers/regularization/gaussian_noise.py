"""GaussianNoise: random numbers added while training."""

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory
from cycnn.layers.regularization.base_noise import BaseNoise, key


@export("keras.layers")
class GaussianNoise(BaseNoise):
    """While training, y = x + z with z of a normal distribution around 0. Else, y = x.

    Args:
        stddev: standard deviation of the noise, between 0 and 1.
        seed: integer or None.

    Input shape:
        Any.

    Output shape:
        The input's.
    """

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.stddev = checks.number("stddev", stddev, 0, 1)

    def memory(self, x):
        return Memory(TensorSpec(x.shape))

    def is_view(self, training):
        return not training or self.stddev == 0

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.elementwise.gaussian_noise, x, y, emit.state, key(emit, self.seed), False, self.stddev)

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.layout.copy, dy.view(dy.size), dx.view(dx.size))

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}
