"""Multiply: the product of the inputs."""

from cycnn.core.registry import export
from cycnn.layers.merging.base_merge import BaseMerge


@export("keras.layers")
class Multiply(BaseMerge):
    """y = x[0] * x[1] * ...: with maps (n, h, w, c) and weights of channels (n, 1, 1, c), the scaling of a
    squeeze-and-excitation block (Hu et al., 2018).

    Input shape:
        List of tensors of one shape, or of shapes that broadcast.

    Output shape:
        That shape.
    """

    kind = "multiply"

    def backward(self, emit, x, y, dy, dx, work):
        for k, gradient in enumerate(dx):
            if gradient is not None:  # dy times the other inputs
                product = dy
                for other in (*x[:k], *x[k + 1 :]):
                    self._emit(emit, product, other, gradient)
                    product = gradient


@export("keras.layers")
def multiply(inputs, **kwargs):
    """`Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)
