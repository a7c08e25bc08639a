"""Subtract: the difference of two inputs."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.layers.merging.base_merge import BaseMerge


@export("keras.layers")
class Subtract(BaseMerge):
    """y = x[0] - x[1].

    Input shape:
        List of two tensors of one shape, or of shapes that broadcast.

    Output shape:
        That shape.
    """

    kind = "subtract"

    def build(self, input_shape):
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                f"Layer {self.name!r} (Subtract) should be called on exactly 2 inputs. Received: input_shape={input_shape}."
            )

    def backward(self, emit, x, y, dy, dx, work):
        for gradient, sign in zip(dx, (1.0, -1.0)):
            if gradient is not None:
                emit(kernels.elementwise.scale, dy, gradient, sign, 0.0)


@export("keras.layers")
def subtract(inputs, **kwargs):
    """`Subtract(**kwargs)(inputs)`."""
    return Subtract(**kwargs)(inputs)
