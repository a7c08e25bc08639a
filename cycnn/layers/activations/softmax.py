"""Softmax as a layer."""

from cycnn import activations
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer


@export("keras.layers")
class Softmax(Layer):
    """exp(x) / sum(exp(x)) over one axis.

    Args:
        axis: integer; the sample axis (0) is not possible.

    Input shape:
        Any with at least two axes.

    Output shape:
        The input's.
    """

    min_ndim = 1
    built_from_start = True
    takes_mask = True

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            axis = axis[0]
        self.axis = checks.as_integer(axis)
        if self.axis is None:
            raise checks.refuse("axis", "one integer", axis)

    def call(self, x):
        return activations.softmax(x, self.axis)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}
