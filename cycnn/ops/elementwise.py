"""Functions of each element alone."""

import math

import numpy as np

from cycnn import config, kernels
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation, SymbolicTensor
from cycnn.ops.primitive import array_or_traced, primitive


class Elementwise(Operation):
    """y = f(x), f one of the kinds of `kernels.elementwise` with up to three parameters.

    Attributes:
        from_output, from_input: whether its derivative follows from y alone, from x alone.
        is_plain: whether it has no parameters.
    """

    elementwise = True

    def __init__(self, kind, a=0.0, b=0.0, c=0.0):
        self.kind, self.parameters = kind, (float(a), float(b), float(c))

    @property
    def is_relu(self):
        return self.kind == "relu"

    @property
    def code(self):
        return kernels.elementwise.KINDS[self.kind]

    @property
    def from_output(self):
        return self.kind in kernels.elementwise.FROM_OUTPUT and self.parameters[0] >= 0

    @property
    def from_input(self):
        return self.kind in kernels.elementwise.FROM_INPUT and self.parameters[0] >= 0

    @property
    def is_plain(self):
        return self.parameters == (0.0, 0.0, 0.0)

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
        return _activation(array_or_traced(x, f"The argument of {self.kind!r}"), self)


@primitive()
def _activation(x, operation):
    """An activation at once, by the kernels' Python doors."""
    flat = np.ascontiguousarray(x, np.float32).reshape(1, -1)
    y = np.empty_like(flat)
    arguments = (operation.code, *operation.parameters, config.get_num_threads() if flat.size > 1 << 16 else 1)
    if flat.size:
        kernels.elementwise.activate(flat, y, *arguments)

    def slope(d):
        dx = np.empty_like(flat)
        if flat.size:
            d = np.ascontiguousarray(d, np.float32).reshape(1, -1)
            kernels.elementwise.activate_backward(None if operation.from_output else flat, y, d, dx, *arguments)
        return dx.reshape(np.shape(x))

    return y.reshape(np.shape(x)), slope


def is_symbolic(x):
    """Whether x is a symbolic tensor of floating point numbers: those that kernels compute with."""
    return isinstance(x, SymbolicTensor) and x.dtype == "float32"


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


class Combine(Operation):
    """y = x1 + x2, or another of the kinds of `kernels.merge`, of two inputs of one shape."""

    takes_activation = True

    def __init__(self, kind):
        self.kind = kind

    @property
    def passes_gradient(self):
        return self.kind == "add"

    def memory(self, x):
        return Memory(TensorSpec(x[0].shape))

    def forward(self, emit, x, y, work, *, training, activation=0):
        emit(kernels.merge.combine, *x, y, kernels.merge.KINDS[self.kind], activation)

    def backward(self, emit, x, y, dy, dx, work):
        if self.passes_gradient:
            return
        if self.kind in ("maximum", "minimum"):
            a, b = (0, 1) if self.kind == "maximum" else (1, 0)
            emit(kernels.merge.maximum_backward, x[a], x[b], dy, dx[a], dx[b])
            return
        for k, part in enumerate(dx):
            if part is not None and self.kind == "multiply":
                emit(kernels.merge.combine, dy, x[1 - k], part, kernels.merge.KINDS["multiply"], 0)
            elif part is not None:
                emit(kernels.elementwise.scale, dy, part, -1.0 if k else 1.0, 0.0)


def infinite(value):
    """None stands for no bound."""
    return math.inf if value is None else float(value)
