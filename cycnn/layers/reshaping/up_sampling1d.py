"""UpSampling1D: steps many times."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.reshaping.base_up_sampling import BaseUpSampling


@export("keras.layers")
class UpSampling1D(BaseUpSampling):
    """Each step `size` times.

    Args:
        size: integer.

    Input shape:
        (n, steps, c).

    Output shape:
        (n, size * steps, c).
    """

    dimensions = 1

    def __init__(self, size=2, **kwargs):
        if checks.as_integer(size) is None:
            raise TypeError(f"`size` must be an integer. Received: size={size!r}.")
        super().__init__(size, "channels_last", **kwargs)

    def get_config(self):
        config = {key: value for key, value in super().get_config().items() if key != "data_format"}
        return {**config, "size": self.size[0]}
