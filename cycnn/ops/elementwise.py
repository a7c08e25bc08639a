"""Functions of each element alone."""

import math

import numpy as np

from cycnn import config, kernels
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation, SymbolicTensor
from cycnn.ops.arrays import numbers


class Elementwise(Operation):
    """y = f(x), f one of the kinds of `kernels.elementwise` with up to three parameters.

    Fusable (into the epilogue of a convolution or dense operation) are kinds without parameters whose derivative
    follows from y alone.
    """

    def __init__(self, kind, a=0.0, b=0.0, c=0.0):
        self.kind, self.parameters = kind, (float(a), float(b), float(c))

    @property
    def code(self):
        return kernels.elementwise.KINDS[self.kind]

    @property
    def from_output(self):
        return self.kind in kernels.elementwise.FROM_OUTPUT and self.parameters[0] >= 0

    @property
    def fusable(self):
        return self.from_output and self.parameters == (0.0, 0.0, 0.0)

    def memory(self, x):
        return Memory(TensorSpec(x.shape))

    def is_view(self, training):
        return self.kind == "linear"

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.elementwise.activate, x, y, self.code, *self.parameters)

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            x = None if self.from_output else x
            emit(kernels.elementwise.activate_backward, x, y, dy, dx, self.code, *self.parameters)

    def __call__(self, x):
        if isinstance(x, SymbolicTensor):
            return self.record(x)
        x = numbers(x, f"The argument of {self.kind!r}")
        flat = np.ascontiguousarray(x, np.float32).reshape(1, -1)
        if flat.size == 0:
            return flat.reshape(x.shape)
        y = np.empty_like(flat)
        kernels.elementwise.activate(
            flat, y, self.code, *self.parameters, config.get_num_threads() if flat.size > 1 << 16 else 1
        )
        return y.reshape(x.shape)


class Affine(Operation):
    """y = x * scale + offset, with numbers."""

    def __init__(self, scale, offset):
        self.scale, self.offset = float(scale), float(offset)

    def memory(self, x):
        return Memory(TensorSpec(x.shape))

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.elementwise.scale, x, y, self.scale, self.offset)

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            emit(kernels.elementwise.scale, dy, dx, self.scale, 0.0)


def infinite(value):
    """None stands for no bound."""
    return math.inf if value is None else float(value)
