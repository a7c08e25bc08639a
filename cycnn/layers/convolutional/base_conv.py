"""What Conv1D, Conv2D and Conv3D share."""

from cycnn.core import checks
from cycnn.layers.convolutional.pooled import PoolableConvolution
from cycnn.layers.convolutional.sliding_kernel import SlidingKernel


class BaseConv(SlidingKernel):
    """y = activation(x * kernel + bias)."""

    arguments = (
        "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "activation",
        "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
        "activity_regularizer", "kernel_constraint", "bias_constraint",
    )  # fmt: skip

    def __init__(
        self,
        rank,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            rank, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias_initializer,
            bias_regularizer, activity_regularizer, bias_constraint, **kwargs,
        )  # fmt: skip
        self._set_kernel("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.filters = checks.positive_int("filters", filters)
        self.groups = checks.positive_int("groups", groups)
        if self.filters % self.groups:
            raise ValueError(f"`filters` must be a multiple of `groups`. Received: filters={filters}, groups={groups}.")
        self._refuse_strides_and_dilation()

    def _build(self, channels):
        if channels % self.groups:
            raise ValueError(
                f"{self._owner}: the number of input channels must be a multiple of `groups`. "
                f"Received: groups={self.groups}, an input with {channels} channels."
            )
        self.kernel = self._add_weight("kernel", (*self.kernel_size, channels // self.groups, self.filters), "kernel")
        self._add_bias(self.filters)

    def _operation(self):
        return PoolableConvolution(self.kernel, self.bias, *self._geometry(), self.groups, self._owner)
