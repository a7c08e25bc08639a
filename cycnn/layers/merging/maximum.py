"""Maximum: the largest of the inputs."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.engine.graph import per_sample
from cycnn.layers.merging.base_merge import BaseMerge


@export("keras.layers")
class Maximum(BaseMerge):
    """y = max(x[0], x[1], ...), element by element. Of two equal elements each takes half of the gradient; of more, as
    max(max(x[0], x[1]), x[2]) passes it on.

    Input shape:
        List of tensors of one shape, or of shapes that broadcast.

    Output shape:
        That shape.
    """

    kind = "maximum"

    def memory(self, x):
        """The workspace holds the largest of the first two inputs, of the first three, ..., of all but the last."""
        sample = x[0].sample
        return super().memory(x)._replace(workspace={f"first {k}": per_sample(sample) for k in range(2, len(x))})

    def forward(self, emit, x, y, work, *, training):
        found = x[0]
        for k, another in enumerate(x[1:], 2):
            self._emit(emit, found, another, into := work.get(f"first {k}", y))
            found = into

    def backward(self, emit, x, y, dy, dx, work):
        for k in range(len(x) - 1, 0, -1):
            before, rest = (work[f"first {k}"], dy) if k > 1 else (x[0], dx[0])
            self._emit_backward(emit, before, x[k], dy, rest, dx[k])

    def _emit_backward(self, emit, a, b, dy, da, db):
        emit(kernels.merge.maximum_backward, a, b, dy, da, db)


@export("keras.layers")
def maximum(inputs, **kwargs):
    """`Maximum(**kwargs)(inputs)`."""
    return Maximum(**kwargs)(inputs)
