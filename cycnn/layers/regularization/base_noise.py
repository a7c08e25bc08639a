"""What random layers share."""

import math

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation
from cycnn.layers.layer import Layer
from cycnn.ops.layout import Transpose


class BaseNoise(Layer):
    """Noise follows from (seed, step, place in the model, place in the batch), never from a thread, and is made again in the
    backward pass instead of being kept. A layer without a seed takes the model's.
    """

    supports_masking = True
    min_ndim = 1
    built_from_start = True

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = None if seed is None else checks.non_negative_int("seed", seed)


def key(emit, seed):
    """Half of the random numbers' key: a layer's own seed takes the place of its number in the plan."""
    return emit.number() if seed is None else (1 << 31 | seed % (1 << 31))


class Drop(Operation):
    """While training, drops places with a probability of `rate`; they become `dropped`, the others x * scale + offset.

    Args:
        leading: along how many of a sample's first axes a place is dropped as a whole.
        shared: whether all samples lose the same places.
    """

    def __init__(self, rate, seed, leading=0, shared=False, scale=None, offset=0.0, dropped=0.0):
        self.rate, self.seed, self.leading, self.shared = rate, seed, leading, shared
        self.scale = scale if scale is not None else 1 / (1 - rate) if rate < 1 else 0.0
        self.offset, self.dropped = offset, dropped

    def memory(self, x):
        return Memory(TensorSpec(x.shape))

    def is_view(self, training):
        return not training or self.rate == 0

    def _emit(self, emit, x, y, node, offset, dropped):
        shape = (math.prod(x.shape[: self.leading]), math.prod(x.shape[self.leading :]))
        x, y, numbers = x.view(*shape), y.view(*shape), (self.rate, self.scale, offset, dropped)
        emit(kernels.elementwise.dropout_rows, x, y, emit.state, node, self.shared, *numbers)

    def forward(self, emit, x, y, work, *, training):
        work["key"] = key(emit, self.seed)
        self._emit(emit, x, y, work["key"], self.offset, self.dropped)

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            self._emit(emit, dy, dx, work["key"], 0.0, 0.0)


class BaseDropout(BaseNoise):
    """Drops places at random, with a probability that is the rate to the nearest 2^-16. With `noise_shape`, the shape of the
    input with ones in it, all along such an axis are dropped together.
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.rate = checks.number("rate", rate, 0, 1)
        self.noise_shape = noise_shape
        if noise_shape is not None:
            try:
                self.noise_shape = checks.shape("noise_shape", noise_shape)
            except ValueError:
                raise checks.refuse("noise_shape", "a tuple of positive integers and None", noise_shape) from None

    def _noise_shape(self, shape):
        """The input's shape with ones."""
        return self.noise_shape

    def _dropped(self, x, **numbers):
        """`x` with the noise; `numbers` are those of `Drop`. It wants the axes of ones first."""
        noise = self._noise_shape(x.shape)
        if noise is None:
            return Drop(self.rate, self.seed, **numbers).record(x)
        fits = len(noise) == x.ndim and all(
            a in (None, 1, b) or b is None for a, b in zip(noise[1:], x.shape[1:], strict=False)
        )
        if not fits:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): `noise_shape` must be the input's shape, with 1 for axes whose "
                f"elements are dropped together. Received: noise_shape={self.noise_shape} for an input of shape {x.shape}."
            )
        ones = [axis for axis in range(1, x.ndim) if noise[axis] == 1]
        order = [*ones, *(axis for axis in range(1, x.ndim) if axis not in ones)]
        back = [order.index(axis) + 1 for axis in range(1, x.ndim)]
        drop = Drop(self.rate, self.seed, len(ones), noise[0] == 1, **numbers)
        return Transpose(back).record(drop.record(Transpose(order).record(x)))

    def call(self, x):
        return self._dropped(x)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}
