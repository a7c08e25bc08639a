"""What Conv1DTranspose, Conv2DTranspose and Conv3DTranspose share."""

from cycnn.core import checks
from cycnn.layers.convolutional.sliding_kernel import SlidingKernel
from cycnn.ops.convolution import TransposedConvolution


class BaseConvTranspose(SlidingKernel):
    """y = activation(bias + a convolution's input gradient, for x). Its kernel is (places..., filters, channels)."""

    arguments = (
        "filters", "kernel_size", "strides", "padding", "output_padding", "data_format", "dilation_rate", "activation",
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
        output_padding=None,
        data_format=None,
        dilation_rate=1,
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
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = checks.non_negative_ints("output_padding", output_padding, rank)
            if any(more >= stride for more, stride in zip(self.output_padding, self.strides, strict=True)):
                raise ValueError(
                    "`output_padding` must be less than `strides` along each axis. "
                    f"Received: output_padding={self.output_padding}, strides={self.strides}."
                )
        self._refuse_strides_and_dilation()

    def _build(self, channels):
        self.kernel = self._add_weight("kernel", (*self.kernel_size, self.filters, channels), "kernel")
        self._add_bias(self.filters)

    def _operation(self):
        return TransposedConvolution(self.kernel, self.bias, *self._geometry(), self.output_padding, self._owner)
