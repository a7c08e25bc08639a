"""RMSNormalization: each sample by its own root mean square."""

from cycnn.core.registry import export
from cycnn.layers.normalization.base_row_normalization import BaseRowNormalization


@export("keras.layers")
class RMSNormalization(BaseRowNormalization):
    """y = scale * x / sqrt(mean of x^2 + epsilon), with the mean over some axes of each sample.

    Args:
        axis: integer or list: the axes over which the mean is taken, and along which scale differs.
        epsilon: number added to the mean of the squares.

    Input shape:
        Any with at least two axes.

    Output shape:
        The input's.

    Reference:
        Zhang and Sennrich, Root Mean Square Layer Normalization, NeurIPS 2019.
    """

    kind = "rms"
    min_ndim = 2

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(axis, epsilon, **kwargs)

    def build(self, input_shape):
        self.scale = self.gamma = self.add_weight(self._sort_axes(input_shape), "ones", name="scale")
        self.built = True
