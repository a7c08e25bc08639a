"""Reshape: the same elements in another shape."""

from cycnn.core import checks, shapes
from cycnn.core.registry import export
from cycnn.layers.layer import Layer
from cycnn.ops import layout


@export("keras.layers")
class Reshape(Layer):
    """The elements of each sample in another shape. Costs nothing.

    Args:
        target_shape: tuple of integers without the sample axis; one may be -1 and is found from the others.

    Input shape:
        (n, ...).

    Output shape:
        (n, *target_shape).

    Raises:
        ValueError: the number of elements would change.
    """

    min_ndim = 1
    built_from_start = True

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        found = tuple(
            checks.as_integer(d) for d in (target_shape if hasattr(target_shape, "__iter__") else (target_shape,))
        )
        if any(d is None or d < -1 or d == 0 for d in found) or found.count(-1) > 1:
            raise ValueError(
                "`target_shape` must be positive integers, of which one may be -1. "
                f"Received: target_shape={target_shape}."
            )
        self.target_shape = found

    def call(self, x):
        shape = shapes.reshape(x.shape[1:], self.target_shape)
        if shape is None:
            raise ValueError(
                f"Layer {self.name!r} (Reshape): `target_shape` must hold as many elements as one sample of the input. "
                f"Received: input of shape {x.shape}, target_shape={self.target_shape}."
            )
        return layout.Reshape(shape).record(x)

    def get_config(self):
        return {**super().get_config(), "target_shape": self.target_shape}
