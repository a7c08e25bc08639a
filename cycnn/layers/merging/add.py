"""Add: the sum of the inputs."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.layers.merging.base_merge import BaseMerge


@export("keras.layers")
class Add(BaseMerge):
    """y = x[0] + x[1] + ...: what joins the branches of a residual network (He et al., "Deep residual learning for image
    recognition", 2016).

    Input shape:
        List of tensors of one shape, or of shapes that broadcast.

    Output shape:
        That shape.

    Example:

    ```python
    cycnn.layers.Add()([np.ones((2, 3)), np.ones((2, 3))])  # twos, (2, 3)
    ```
    """

    kind = "add"

    def backward(self, emit, x, y, dy, dx, work):
        for gradient in dx:
            if gradient is not None:
                emit(kernels.layout.copy, dy.view(dy.size), gradient.view(gradient.size))


@export("keras.layers")
def add(inputs, **kwargs):
    """`Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)
