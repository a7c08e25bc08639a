"""LayerNormalization: each sample by its own mean and variance."""

from cycnn.core.registry import export
from cycnn.layers.normalization.base_row_normalization import BaseRowNormalization
from cycnn.layers.normalization.scale_and_center import ScaleAndCenter


@export("keras.layers")
class LayerNormalization(ScaleAndCenter, BaseRowNormalization):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the mean and variance over some axes of each sample.

    Args:
        axis: integer or list: the axes over which mean and variance are taken, and along which gamma and beta differ.
        epsilon: number added to the variance.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: name, object or function.
        beta_regularizer, gamma_regularizer: penalty added to the loss, or None.
        beta_constraint, gamma_constraint: projection after each update, or None.

    Input shape:
        Any with at least two axes.

    Output shape:
        The input's.

    Reference:
        Ba, Kiros and Hinton, Layer Normalization, 2016.
    """

    supports_masking = True
    kind = "layer"
    min_ndim = 2

    def __init__(
        self,
        axis=-1,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        rms_scaling = kwargs.pop("rms_scaling", False)
        super().__init__(axis, epsilon, **kwargs)
        if rms_scaling:
            raise ValueError(f"`rms_scaling` must be False; there is `RMSNormalization`. Received: {rms_scaling=}.")
        self._take(
            center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint,
            gamma_constraint,
        )  # fmt: skip

    def build(self, input_shape):
        self._add_weights(self._sort_axes(input_shape))
        self.built = True

    def get_config(self):
        return {**super().get_config(), "rms_scaling": False, **self._weights_config()}
