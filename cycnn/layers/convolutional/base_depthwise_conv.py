"""What DepthwiseConv1D and DepthwiseConv2D share."""

from cycnn.core import checks
from cycnn.layers.convolutional.sliding_kernel import SlidingKernel
from cycnn.ops.convolution import DepthwiseConvolution


class BaseDepthwiseConv(SlidingKernel):
    """y = activation(each channel of x * its own kernels + bias). Its kernel is (places..., channels, multiplier)."""

    arguments = (
        "depth_multiplier", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation",
        "use_bias", "depthwise_initializer", "bias_initializer", "depthwise_regularizer", "bias_regularizer",
        "activity_regularizer", "depthwise_constraint", "bias_constraint",
    )  # fmt: skip

    def __init__(
        self,
        rank,
        depth_multiplier,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            rank, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias_initializer,
            bias_regularizer, activity_regularizer, bias_constraint, **kwargs,
        )  # fmt: skip
        self._set_kernel("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self.depth_multiplier = checks.positive_int("depth_multiplier", depth_multiplier)

    def _build(self, channels):
        self.kernel = self._add_weight("kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise")
        self._add_bias(channels * self.depth_multiplier)

    def _operation(self):
        return DepthwiseConvolution(self.kernel, self.bias, *self._geometry(), self._owner)
