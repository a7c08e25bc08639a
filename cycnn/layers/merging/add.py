"""Add: the sum of the inputs."""

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
    takes_activation = True
    passes_gradient = True

    def forward(self, emit, x, y, work, *, training, activation=0):
        *first, last = x[1:]
        total = x[0]
        for another in first:
            self._emit(emit, total, another, y)
            total = y
        self._emit(emit, total, last, y, activation=activation)


@export("keras.layers")
def add(inputs, **kwargs):
    """`Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)
