"""Softmax over the last axis."""

import numpy as np

from cycnn import kernels
from cycnn.core.shapes import rows_of
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation, SymbolicTensor
from cycnn.ops.arrays import numbers


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
        x = numbers(x, f"The argument of {self.name!r}")
        if x.size == 0:
            return x.astype(np.float32)
        rows = np.ascontiguousarray(x, np.float32).reshape(1, -1, x.shape[-1] if x.ndim else 1)
        y = np.empty_like(rows)
        self.kernels[0](rows, y, 1)
        return y.reshape(x.shape)


class LogSoftmax(Softmax):
    """y = x - log(sum(exp(x))) over the last axis."""

    name = "log_softmax"

    @property
    def kernels(self):
        return kernels.elementwise.log_softmax_forward, kernels.elementwise.log_softmax_backward
