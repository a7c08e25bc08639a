"""Dot: scalar products of two inputs."""

from cycnn import ops
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.merging.base_merge import BaseMerge
from cycnn.ops.primitive import composite


@export("keras.layers")
class Dot(BaseMerge):
    """The scalar products of two inputs along one axis of each, sample by sample: with samples (a, k) and (k, b) and
    `axes=(2, 1)` a matrix product.

    Args:
        axes: integer, or one for each input; the sample axis (0) is not possible.
        normalize: whether the inputs are divided by their lengths along the axis first: the cosine of the angle.

    Input shape:
        List of two tensors with as many entries along these axes.

    Output shape:
        The axes of the first input but its own, then those of the second; (n, 1) where none is left.

    Example:

    ```python
    cycnn.layers.Dot(axes=1)([np.ones((2, 3)), np.ones((2, 3))])  # threes, (2, 1)
    ```
    """

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        both = (axes, axes) if checks.as_integer(axes) is not None else axes
        if not isinstance(both, (list, tuple)):
            raise TypeError(f"`axes` must be an integer or a list of two. Received: axes={axes!r}.")
        if len(both) != 2 or any(checks.as_integer(axis) is None for axis in both):
            raise checks.refuse("axes", "an integer or a list of two integers", axes)
        self.axes = axes
        self.normalize = bool(normalize)

    def _places(self, shapes):
        """The axis of each input, counted from the sample axis."""
        both = self.axes if isinstance(self.axes, (list, tuple)) else (self.axes, self.axes)
        for axis, shape in zip(both, shapes):
            if not -len(shape) < axis < len(shape) or axis == 0:
                raise ValueError(
                    f"Layer {self.name!r} (Dot): `axes` must be axes behind the sample axis. "
                    f"Received: axes={self.axes} for inputs of shapes {shapes}."
                )
        return [axis % len(shape) for axis, shape in zip(both, shapes)]

    def build(self, input_shape):
        self._check_shapes(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                f"Layer {self.name!r} (Dot) should be called on a list of 2 inputs. Received: input_shape={input_shape}."
            )
        first, second = self._places(input_shape)
        if input_shape[0][first] != input_shape[1][second]:
            raise ValueError(
                f"Layer {self.name!r} (Dot): incompatible input shapes: as many entries are needed at axis {first} of the "
                f"first as at axis {second} of the second. Received: shapes {input_shape}."
            )
        self.built = True

    def call(self, inputs):
        first, second = self._places([x.shape for x in inputs])
        x, y = inputs
        if self.normalize:
            x, y = ops.normalize(x, axis=first), ops.normalize(y, axis=second)
        return _dot(x, y, first, second)

    def compute_mask(self, inputs, mask=None):
        return None  # its output has no steps

    def get_config(self):
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


@composite
def _dot(x, y, first, second):
    """(n, ..., k, ...) and (n, ..., k, ...) → (n, ..., ...): both as matrices, multiplied sample by sample."""
    x, y = ops.moveaxis(x, first, -1), ops.moveaxis(y, second, 1)
    shape = (*x.shape[1:-1], *y.shape[2:])
    k = x.shape[-1]
    product = ops.matmul(ops.reshape(x, (len(x), -1, k)), ops.reshape(y, (len(y), k, -1)))
    return ops.reshape(product, (len(x), *(shape or (1,))))


@export("keras.layers")
def dot(inputs, axes=-1, **kwargs):
    """`Dot(axes, **kwargs)(inputs)`."""
    return Dot(axes, **kwargs)(inputs)
