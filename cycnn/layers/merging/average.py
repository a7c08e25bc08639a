"""Average: the mean of the inputs."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.layers.merging.base_merge import BaseMerge


@export("keras.layers")
class Average(BaseMerge):
    """y = (x[0] + x[1] + ...) / number of inputs.

    Input shape:
        List of tensors of one shape, or of shapes that broadcast.

    Output shape:
        That shape.
    """

    kind = "add"

    def forward(self, emit, x, y, work, *, training):
        super().forward(emit, x, y, work, training=training)
        emit(kernels.elementwise.scale, y, y, 1 / len(x), 0.0)

    def backward(self, emit, x, y, dy, dx, work):
        for gradient in dx:
            if gradient is not None:
                emit(kernels.elementwise.scale, dy, gradient, 1 / len(x), 0.0)


@export("keras.layers")
def average(inputs, **kwargs):
    """`Average(**kwargs)(inputs)`."""
    return Average(**kwargs)(inputs)
