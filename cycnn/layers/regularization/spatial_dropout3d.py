"""SpatialDropout3D: random channels of zeros while training."""

from cycnn.core.registry import export
from cycnn.layers.regularization.base_spatial_dropout import BaseSpatialDropout


@export("keras.layers")
class SpatialDropout3D(BaseSpatialDropout):
    """While training, sets a share `rate` of the channels to zero and the others to x / (1 - rate). Else, y = x.

    Args:
        rate: number between 0 and 1.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).
        seed: integer or None.

    Input shape:
        (n, d, h, w, c).

    Output shape:
        The input's.

    Reference:
        Tompson, Goroshin, Jain, LeCun and Bregler, Efficient Object Localization Using Convolutional Networks, CVPR 2015.
    """

    dimensions = 3
