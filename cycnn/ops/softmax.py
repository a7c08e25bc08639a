"""Softmax over the last axis."""

import numpy as np

from cycnn import kernels
from cycnn.core.shapes import rows_of
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation, SymbolicTensor
from cycnn.ops.primitive import array_or_traced, primitive
from cycnn.ops.shaping import transpose


class Softmax(Operation):
    """y = exp(x) / sum(exp(x)) over the last axis, shifted by its largest value so that nothing overflows."""

    name = "softmax"

    @property
    def kernels(self):
        """(forward, backward)."""
        return kernels.elementwise.softmax_forward, kernels.elementwise.softmax_backward

    def memory(self, x):
        return Memory(TensorSpec(x.shape))

    def forward(self, emit, x, y, work, *, training):
        rows, columns = rows_of(x.shape)
        emit(self.kernels[0], x.view(rows, columns), y.view(rows, columns), units=rows)

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            shape = rows_of(y.shape)
            emit(self.kernels[1], y.view(*shape), dy.view(*shape), dx.view(*shape), units=shape[0])

    def __call__(self, x):
        if isinstance(x, SymbolicTensor):
            return self.record(x)
        return _softmax(array_or_traced(x, f"The argument of {self.name!r}"), self)

    def over(self, x, axis):
        """The operation over another axis than the last one.

        Raises:
            ValueError: x has no such axis, or it counts the samples of a symbolic tensor.
        """
        symbolic = isinstance(x, SymbolicTensor)
        x = array_or_traced(x, f"The argument of {self.name!r}")
        rank = x.ndim
        if rank < 1 + symbolic:
            least = "two axes, the first counting samples" if symbolic else "one axis"
            raise ValueError(f"{self.name} needs at least {least}. Received: shape {tuple(x.shape)}.")
        if not -rank <= axis < rank:
            raise ValueError(
                f"{self.name}: `axis` must be from {-rank} to {rank - 1}. Received: axis={axis}, shape {tuple(x.shape)}."
            )
        place = axis % rank
        if place == rank - 1:
            return self(x)
        if symbolic and place == 0:
            raise ValueError(f"{self.name} over the sample axis is not possible inside a model. Received: axis={axis}.")
        there = [a for a in range(rank) if a != place] + [place]
        return transpose(self(transpose(x, there)), [there.index(a) for a in range(rank)])


@primitive()
def _softmax(x, operation):
    """By the kernels' Python doors."""
    shape = np.shape(x)
    rows = np.ascontiguousarray(x, np.float32).reshape(1, -1, shape[-1] if shape else 1) if np.size(x) else None
    if rows is None:
        return np.zeros(shape, np.float32)
    forward, backward = operation.kernels
    y = np.empty_like(rows)
    forward(rows, y, 1)

    def slope(d):
        dx = np.empty_like(rows)
        backward(y, np.ascontiguousarray(d, np.float32).reshape(rows.shape), dx, 1)
        return dx.reshape(shape)

    return y.reshape(shape), slope


class LogSoftmax(Softmax):
    """y = x - log(sum(exp(x))) over the last axis."""

    name = "log_softmax"

    @property
    def kernels(self):
        return kernels.elementwise.log_softmax_forward, kernels.elementwise.log_softmax_backward
