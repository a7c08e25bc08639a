"""Operations that only say where elements lie."""

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
        """The kernel permutes five axes; shorter shapes get axes of length 1 at their end."""
        rest = range(len(axes), 5)
        ones = (1,) * len(rest)
        order = (*(a - 1 for a in axes), *rest)
        emit(kernels.layout.transpose, x.view(*x.shape, *ones), y.view(*y.shape, *ones), *order)

    def forward(self, emit, x, y, work, *, training):
        self._emit(emit, x, y, self.axes)

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            inverse = [0] * len(self.axes)
            for position, axis in enumerate(self.axes):
                inverse[axis - 1] = position + 1
            self._emit(emit, dy, dx, inverse)
