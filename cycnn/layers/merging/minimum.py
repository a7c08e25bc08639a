"""Minimum: the smallest of the inputs."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.layers.merging.maximum import Maximum


@export("keras.layers")
class Minimum(Maximum):
    """y = min(x[0], x[1], ...), element by element. Equal elements share the gradient as in `Maximum`.

    Input shape:
        List of tensors of one shape, or of shapes that broadcast.

    Output shape:
        That shape.
    """

    kind = "minimum"

    def _emit_backward(self, emit, a, b, dy, da, db):
        emit(kernels.merge.maximum_backward, b, a, dy, da, db)


@export("keras.layers")
def minimum(inputs, **kwargs):
    """`Minimum(**kwargs)(inputs)`."""
    return Minimum(**kwargs)(inputs)
