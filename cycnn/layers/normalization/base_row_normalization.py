"""What the layers share that normalize each sample by itself, over some of its axes."""

import math

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, per_group, per_sample
from cycnn.layers.layer import Layer
from cycnn.ops.layout import Transpose


class BaseRowNormalization(Layer):
    """y = gamma * xhat + beta, xhat from the elements along the axes together. A leaf gives `kind`, how, and makes the
    weights.
    """

    kind = None  # of `kernels.norm.ROWS`
    gamma = beta = None

    def __init__(self, axis, epsilon, **kwargs):
        super().__init__(**kwargs)
        axes = axis if isinstance(axis, (list, tuple)) else [axis]
        if not axes or any(checks.as_integer(each) is None for each in axes):
            raise TypeError(f"`axis` must be an integer or a list of integers. Received: axis={axis!r}.")
        self.axis = list(axes) if isinstance(axis, (list, tuple)) else axis
        self.epsilon = checks.number("epsilon", epsilon, 0)

    def _places(self, shape):
        """The axes, counted from the sample axis."""
        rank, axes = len(shape), self.axis if isinstance(self.axis, list) else [self.axis]
        places = [axis % rank for axis in axes if -rank <= axis < rank]
        if len(set(places)) < len(axes) or 0 in places:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): `axis` must be different axes behind the sample axis. "
                f"Received: axis={self.axis} for an input of shape {tuple(shape)}."
            )
        return places

    def _sort_axes(self, input_shape):
        """The axes as a list in order, as Keras keeps them once a layer is built; the lengths there."""
        self._places(input_shape)
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        return tuple(input_shape[axis] for axis in self.axis)

    def call(self, x):
        """The kernel wants the axes last."""
        places = self._places(x.shape)
        order = [*(axis for axis in range(1, x.ndim) if axis not in places), *places]
        back = [order.index(axis) + 1 for axis in range(1, x.ndim)]
        return Transpose(back).record(self.record(Transpose(order).record(x)))

    def _rows(self, x):
        """(rows, elements that are normalized together) of a sample whose axes have been moved."""
        count = len(self.axis) if isinstance(self.axis, list) else 1
        lengths = x.shape[len(x.shape) - count :]
        weights = self.beta if self.gamma is None else self.gamma
        if weights is not None and tuple(lengths) != weights.shape:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}) was built for axes of lengths {weights.shape}. "
                f"Received: {tuple(lengths)}."
            )
        size = math.prod(lengths)
        return (x.size // size, size)

    def memory(self, x):
        if None in x.sample:
            return Memory(TensorSpec(x.shape))
        rows, size = self._rows(x)
        return Memory(
            TensorSpec(x.shape),
            {
                "mean": per_sample((rows,)),
                "inverse": per_sample((rows,)),
                "partial gamma": per_group((size,)),
                "partial beta": per_group((size,)),
            },
        )

    def flops(self, x):
        return 8 * x.size

    def _flat(self, emit, variable):
        return None if variable is None else emit.flat(variable)

    def forward(self, emit, x, y, work, *, training):
        norm, shape = kernels.norm, self._rows(x)
        emit(
            norm.rows_forward, x.view(*shape), self._flat(emit, self.gamma), self._flat(emit, self.beta), y.view(*shape),
            work["mean"], work["inverse"], norm.ROWS[self.kind], self.epsilon, units=shape[0],
        )  # fmt: skip

    def backward(self, emit, x, y, dy, dx, work):
        norm, update, shape = kernels.norm, kernels.update, self._rows(x)
        x, dy = x.view(*shape), dy.view(*shape)
        found = {"gamma": emit.gradient(self.gamma), "beta": emit.gradient(self.beta)}
        if any(found.values()):
            partial = [work[f"partial {name}"] if gradient else None for name, gradient in found.items()]
            emit.sums(norm.rows_sums, x, dy, work["mean"], work["inverse"], *partial)
            for part, gradient in zip(partial, found.values()):
                if gradient:
                    size = gradient.size
                    emit.whole(update.reduce, part, gradient.view(size), units=emit.blocks(size))
        if dx:
            emit(
                norm.rows_backward, dy, x, self._flat(emit, self.gamma), work["mean"], work["inverse"], dx.view(*shape),
                norm.ROWS[self.kind], self.epsilon, units=shape[0],
            )  # fmt: skip

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}
