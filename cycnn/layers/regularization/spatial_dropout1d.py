"""SpatialDropout1D: random channels of zeros while training."""

from cycnn.core.registry import export
from cycnn.layers.regularization.base_spatial_dropout import BaseSpatialDropout


@export("keras.layers")
class SpatialDropout1D(BaseSpatialDropout):
    """While training, sets a share `rate` of the channels to zero and the others to x / (1 - rate). Else, y = x.

    Args:
        rate: number between 0 and 1.
        seed: integer or None.

    Input shape:
        (n, steps, c).

    Output shape:
        The input's.

    Reference:
        Tompson, Goroshin, Jain, LeCun and Bregler, Efficient Object Localization Using Convolutional Networks, CVPR 2015.
    """

    dimensions = 1

    def __init__(self, rate, seed=None, name=None, dtype=None):
        super().__init__(rate, "channels_last", seed, name, dtype)
