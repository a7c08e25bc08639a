"""Masking: steps that are to be left out."""

from cycnn import ops
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer


@export("keras.layers")
class Masking(Layer):
    """Steps whose values are all `mask_value` become zeros and are masked: layers behind know which they are.

    The mask goes through layers with `supports_masking`, and ends at `GlobalAveragePooling1D`, which averages the steps
    that are left; layers without it drop the mask, with a warning.

    Args:
        mask_value: number.

    Input shape:
        (n, steps, ...).

    Output shape:
        The input's.

    Example:

    ```python
    x = cycnn.Input((None, 8))
    y = cycnn.layers.GlobalAveragePooling1D()(cycnn.layers.Masking()(x))
    ```
    """

    built_from_start = True
    supports_masking = True

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mask_value = checks.number("mask_value", mask_value)

    def call(self, inputs):
        return ops.where(ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True), inputs, 0.0)

    def compute_mask(self, inputs, mask=None):
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def get_config(self):
        return {**super().get_config(), "mask_value": self.mask_value}
