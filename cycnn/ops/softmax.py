"""Softmax over the last axis."""

import math

import numpy as np

from cycnn import kernels
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation, SymbolicTensor


def rows_of(shape):
    """(rows, columns) of one sample whose last axis are the columns; a sample that is one number is one column."""
    return (math.prod(shape[:-1]), shape[-1]) if shape else (1, 1)


class Softmax(Operation):
    """y = exp(x) / sum(exp(x)) over the last axis, shifted by its largest value so that nothing overflows."""

    def memory(self, x):
        return Memory(TensorSpec(x.shape))

    def forward(self, emit, x, y, work, *, training):
        rows, columns = rows_of(x.shape)
        emit(kernels.elementwise.softmax_forward, x.view(rows, columns), y.view(rows, columns), units=rows)

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            shape = rows_of(y.shape)
            emit(kernels.elementwise.softmax_backward, y.view(*shape), dy.view(*shape), dx.view(*shape), units=shape[0])

    def __call__(self, x):
        if isinstance(x, SymbolicTensor):
            return self.record(x)
        x = np.asarray(x)
        rows = np.ascontiguousarray(x, np.float32).reshape(1, -1, x.shape[-1] if x.ndim else 1)
        if rows.size == 0:
            return rows.reshape(x.shape)
        y = np.empty_like(rows)
        kernels.elementwise.softmax_forward(rows, y, 1)
        return y.reshape(x.shape)
