"""PReLU: a relu that learns its slopes."""

from cycnn import constraints, initializers, kernels, regularizers
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, per_group
from cycnn.layers.layer import Layer, serialize
from cycnn.ops.layout import Transpose


@export("keras.layers")
class PReLU(Layer):
    """x, or `alpha * x` below zero, with an alpha for each element of a sample, or for all along `shared_axes`.

    Args:
        alpha_initializer: name, object or function.
        alpha_regularizer: penalty added to the loss, or None.
        alpha_constraint: projection after each update, or None.
        shared_axes: axes, counted from 1, along which alpha is the same: `[1, 2]` for one alpha per channel of pictures.

    Input shape:
        (n, ...).

    Output shape:
        The input's.

    Reference:
        He, Zhang, Ren and Sun, Delving Deep into Rectifiers: Surpassing Human-Level Performance on ImageNet Classification,
        ICCV 2015.
    """

    supports_masking = True
    min_ndim = 2

    def __init__(
        self, alpha_initializer="Zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = shared_axes
        if shared_axes is not None:
            axes = shared_axes if isinstance(shared_axes, (list, tuple)) else [shared_axes]
            self.shared_axes = [checks.positive_int("shared_axes", axis) for axis in axes]
        self.alpha = None

    def build(self, input_shape):
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            if axis > len(shape):
                raise ValueError(
                    f"Layer {self.name!r} (PReLU): the input has no axis {axis} to share slopes along. "
                    f"Received: shared_axes={self.shared_axes}, input of shape {input_shape}."
                )
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            name="alpha",
            shape=tuple(shape),
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        self.built = True

    def call(self, x):
        """The kernel wants the shared axes first."""
        shared = [axis for axis in range(1, x.ndim) if self.alpha.shape[axis - 1] == 1]
        order = [*shared, *(axis for axis in range(1, x.ndim) if axis not in shared)]
        back = [order.index(axis) + 1 for axis in range(1, x.ndim)]
        return Transpose(back).record(self.record(Transpose(order).record(x)))

    def _rows(self, x):
        size = max(1, self.alpha._array.size)
        return x.view(x.size // size, size)

    def memory(self, x):
        size = self.alpha._array.size
        if None not in x.sample and x.size % size:
            raise ValueError(
                f"Layer {self.name!r} (PReLU) was built for slopes of shape {self.alpha.shape}. Received: input of shape "
                f"{x.shape}."
            )
        return Memory(TensorSpec(x.shape), {"partial": per_group((size,))})

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.elementwise.prelu_forward, self._rows(x), emit.flat(self.alpha), self._rows(y))

    def backward(self, emit, x, y, dy, dx, work):
        elementwise, alpha = kernels.elementwise, emit.gradient(self.alpha)
        x, dy = self._rows(x), self._rows(dy)
        if alpha:
            emit.sums(elementwise.prelu_sums, x, dy, work["partial"])
            emit.whole(kernels.update.reduce, work["partial"], alpha.view(alpha.size), units=emit.blocks(alpha.size))
        if dx:
            emit(elementwise.prelu_backward, x, emit.flat(self.alpha), dy, self._rows(dx))

    def get_config(self):
        return {
            **super().get_config(),
            "alpha_initializer": serialize(self.alpha_initializer),
            "alpha_regularizer": serialize(self.alpha_regularizer),
            "alpha_constraint": serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }
