"""LocalResponseNormalization: each channel by its neighbours, as in AlexNet."""

import math

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, per_sample
from cycnn.layers.layer import Layer, global_data_format
from cycnn.ops.layout import channels_to_first, channels_to_last


@export("cycnn.layers")
class LocalResponseNormalization(Layer):
    """y_i = x_i / (bias + alpha * sum of x_j^2)^beta, the sum over the `size` channels around channel i: cross-channel
    normalization. Channels beyond the first and the last count as zero.

    Keras has no such layer. PyTorch's divides alpha by the size, this one does not; the defaults are the paper's.

    Args:
        size: odd integer up to 63: how many channels are added up.
        bias, alpha, beta: numbers; bias must be positive, alpha at least 0.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, ..., c).

    Output shape:
        The input's.

    Reference:
        Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, NIPS 2012,
        section 3.3.
    """

    min_ndim = 2
    built_from_start = True

    def __init__(self, size=5, bias=2.0, alpha=1e-4, beta=0.75, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.size = checks.positive_int("size", size)
        if self.size % 2 == 0 or self.size > 2 * kernels.norm.REACH + 1:
            raise checks.refuse("size", f"an odd integer up to {2 * kernels.norm.REACH + 1}", size)
        self.bias = checks.number("bias", bias, 0, open_low=True)
        self.alpha = checks.number("alpha", alpha, 0)
        self.beta = checks.number("beta", beta)
        self.data_format = global_data_format(data_format)

    def call(self, x):
        if self.data_format == "channels_first":
            return channels_to_first(self.record(channels_to_last(x)))
        return self.record(x)

    def memory(self, x):
        return Memory(TensorSpec(x.shape), {} if None in x.sample else {"scale": per_sample(x.sample)})

    @staticmethod
    def _rows(x):
        return (math.prod(x.shape[:-1]), x.shape[-1])

    def flops(self, x):
        return (2 * self.size + 20) * x.size

    def forward(self, emit, x, y, work, *, training):
        shape = self._rows(x)
        numbers = (self.size // 2, self.alpha, self.beta, self.bias)
        maps = (each.view(*shape) for each in (x, y, work["scale"]))
        emit(kernels.norm.response_forward, *maps, *numbers, units=shape[0])

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            shape = self._rows(x)
            maps = (each.view(*shape) for each in (dy, x, work["scale"], dx))
            emit(kernels.norm.response_backward, *maps, self.size // 2, self.alpha, self.beta, units=shape[0])

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
            "data_format": self.data_format,
        }
