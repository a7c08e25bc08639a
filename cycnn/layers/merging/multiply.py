"""Multiply: the product of the inputs."""

import itertools

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation
from cycnn.layers.merging.base_merge import BaseMerge


def _is_row(row, sample):
    """Whether a sample of shape `row` is what one row of another one's memory is: its last axes, and ones before them."""
    kept = tuple(itertools.dropwhile(lambda length: length == 1, row))
    return (
        0 < len(kept) < len(sample) >= len(row)
        and None not in sample
        and row != sample
        and kept == sample[-len(kept) :]
    )


class Scale(Operation):
    """y = x * s for maps (..., c) and a row s of as many numbers as a pixel has, or as several axes together have."""

    def memory(self, x):
        return Memory(TensorSpec(x[0].shape))

    def _emit(self, emit, x, s, y):
        emit(kernels.merge.combine, x, s, y, kernels.merge.KINDS["multiply"], 0)

    def forward(self, emit, x, y, work, *, training):
        self._emit(emit, *x, y)

    def backward(self, emit, x, y, dy, dx, work):
        (x, s), (dx, ds) = x, dx
        if dx is not None:
            self._emit(emit, dy, s, dx)
        if ds is not None:
            rows = 1, dy.size // s.size, s.size
            emit(kernels.merge.repeat_backward, dy.view(*rows), x.view(*rows), ds.view(1, s.size))


@export("keras.layers")
class Multiply(BaseMerge):
    """y = x[0] * x[1] * ...: with maps (n, h, w, c) and weights of channels (n, 1, 1, c), the scaling of a
    squeeze-and-excitation block (Hu et al., 2018).

    Input shape:
        List of tensors of one shape, or of shapes that broadcast.

    Output shape:
        That shape.
    """

    kind = "multiply"

    def call(self, inputs):
        if isinstance(inputs, (list, tuple)) and len(inputs) == 2:
            for x, s in (inputs, inputs[::-1]):
                if _is_row(s.shape[1:], x.shape[1:]):
                    return Scale().record((x, s))
        return super().call(inputs)

    def backward(self, emit, x, y, dy, dx, work):
        for k, gradient in enumerate(dx):
            if gradient is not None:  # dy times the other inputs
                product = dy
                for other in (*x[:k], *x[k + 1 :]):
                    self._emit(emit, product, other, gradient)
                    product = gradient


@export("keras.layers")
def multiply(inputs, **kwargs):
    """`Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)
