"""Operations that only say where elements lie."""

import math

from cycnn import kernels
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation


class Reshape(Operation):
    """The same elements with another shape of a sample. Costs nothing."""

    def __init__(self, shape):
        self.shape = tuple(shape)

    def memory(self, x):
        return Memory(TensorSpec((x.shape[0], *self.shape), x.dtype))

    def is_view(self, training):
        return True

    def flops(self, x):
        return 0


class Transpose(Operation):
    """Permute the axes after the sample axis; `axes` counts from 1, as in `layers.Permute`."""

    def __init__(self, axes):
        self.axes = tuple(axes)

    def memory(self, x):
        return Memory(TensorSpec((x.shape[0], *(x.shape[a] for a in self.axes)), x.dtype))

    def is_view(self, training):
        return self.axes == tuple(range(1, len(self.axes) + 1))

    def flops(self, x):
        return x.size

    @staticmethod
    def _emit(emit, x, y, axes):
        """The kernel permutes five axes: those that stay neighbours count as one, and ones fill up what is missing."""
        runs = []
        for axis in axes:
            if runs and runs[-1][-1] + 1 == axis:
                runs[-1].append(axis)
            else:
                runs.append([axis])
        there = sorted(runs)
        order = [there.index(run) for run in runs]
        lengths = [math.prod(x.shape[axis - 1] for axis in run) for run in there]
        ones = (1,) * (5 - len(runs))
        y = y.view(*(lengths[k] for k in order), *ones)
        emit(kernels.layout.transpose, x.view(*lengths, *ones), y, *order, *range(len(runs), 5))

    def forward(self, emit, x, y, work, *, training):
        self._emit(emit, x, y, self.axes)

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            inverse = [0] * len(self.axes)
            for position, axis in enumerate(self.axes):
                inverse[axis - 1] = position + 1
            self._emit(emit, dy, dx, inverse)
