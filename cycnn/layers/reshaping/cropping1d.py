"""Cropping1D: lines without their ends."""

from cycnn.core.registry import export
from cycnn.layers.reshaping.base_border import BaseCropping


@export("keras.layers")
class Cropping1D(BaseCropping):
    """Each line without steps at its ends.

    Args:
        cropping: integer, or pair (before, after).

    Input shape:
        (n, steps, c).

    Output shape:
        (n, steps - before - after, c).

    Raises:
        ValueError: nothing would be left.
    """

    dimensions = 1

    def __init__(self, cropping=(1, 1), **kwargs):
        super().__init__(cropping, "channels_last", **kwargs)

    def get_config(self):
        return {key: value for key, value in super().get_config().items() if key != "data_format"}
