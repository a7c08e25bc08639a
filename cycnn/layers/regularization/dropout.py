"""Dropout: random zeros while training."""

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory
from cycnn.layers.layer import Layer


@export("keras.layers")
class Dropout(Layer):
    """While training, sets a share `rate` of the elements to zero and the others to x / (1 - rate). Else, y = x.

    The mask follows from (seed, step, place in the model, place in the batch), never from a thread, and is made again
    in the backward pass instead of being kept.

    Args:
        rate: number between 0 and 1.
        noise_shape: not supported yet: None.
        seed: integer or None.

    Input shape:
        Any.

    Output shape:
        The input's.

    Reference:
        Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 2014.
    """

    min_ndim = 1
    built_from_start = True

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = checks.number("rate", rate, 0, 1)
        if noise_shape is not None:
            raise ValueError(f"`noise_shape` is not supported yet. Received: noise_shape={noise_shape}.")
        self.seed = None if seed is None else checks.non_negative_int("seed", seed)
        self.noise_shape = None

    def memory(self, x):
        return Memory(TensorSpec(x.shape))

    def is_view(self, training):
        return not training or self.rate == 0

    def forward(self, emit, x, y, work, *, training):
        # A seed of the layer's own takes the place of its number in the plan as half of the random numbers' key.
        work["key"] = emit.number() if self.seed is None else (1 << 31 | self.seed % (1 << 31))
        emit(kernels.elementwise.dropout_forward, x, y, emit.state, self.rate, work["key"])

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            emit(kernels.elementwise.dropout_backward, dy, dx, emit.state, self.rate, work["key"])

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}
