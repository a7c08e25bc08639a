"""Dropout: random zeros while training."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory
from cycnn.layers.regularization.base_noise import BaseDropout, key


@export("keras.layers")
class Dropout(BaseDropout):
    """While training, sets a share `rate` of the elements to zero and the others to x / (1 - rate). Else, y = x.

    Args:
        rate: number between 0 and 1, kept to 2^-16.
        noise_shape: the input's shape, with 1 for axes whose elements are dropped together, and None for any length;
            (None, 1, 1, None) drops whole channels of pictures.
        seed: integer or None.

    Input shape:
        Any.

    Output shape:
        The input's.

    Reference:
        Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 2014.
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(rate, noise_shape, seed, **kwargs)

    def call(self, x):
        return self.record(x) if self.noise_shape is None else self._dropped(x)

    def memory(self, x):
        return Memory(TensorSpec(x.shape))

    def is_view(self, training):
        return not training or self.rate == 0

    def forward(self, emit, x, y, work, *, training):
        work["key"] = key(emit, self.seed)
        emit(kernels.elementwise.dropout_forward, x, y, emit.state, self.rate, work["key"])

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.elementwise.dropout_backward, dy, dx, emit.state, self.rate, work["key"])
