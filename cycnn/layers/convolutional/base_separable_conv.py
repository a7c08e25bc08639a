"""What SeparableConv1D and SeparableConv2D share."""

from cycnn.core import checks
from cycnn.layers.convolutional.sliding_kernel import SlidingKernel
from cycnn.ops.convolution import Convolution, DepthwiseConvolution


class BaseSeparableConv(SlidingKernel):
    """Two operations: a depthwise convolution, then a convolution of single pixels that mixes the channels."""

    arguments = (
        "depth_multiplier", "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate",
        "activation", "use_bias", "depthwise_initializer", "pointwise_initializer", "bias_initializer",
        "depthwise_regularizer", "pointwise_regularizer", "bias_regularizer", "activity_regularizer",
        "depthwise_constraint", "pointwise_constraint", "bias_constraint",
    )  # fmt: skip

    def __init__(
        self,
        rank,
        depth_multiplier,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            rank, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias_initializer,
            bias_regularizer, activity_regularizer, bias_constraint, **kwargs,
        )  # fmt: skip
        self._set_kernel("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self._set_kernel("pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint)
        self.depth_multiplier = checks.positive_int("depth_multiplier", depth_multiplier)
        self.filters = checks.positive_int("filters", filters)
        self.depthwise_kernel = self.pointwise_kernel = None

    def _build(self, channels):
        ones, between = (1,) * self.rank, channels * self.depth_multiplier
        self.depthwise_kernel = self._add_weight(
            "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise"
        )
        self.pointwise_kernel = self._add_weight("pointwise_kernel", (*ones, between, self.filters), "pointwise")
        self._add_bias(self.filters)

    def _operation(self):
        return DepthwiseConvolution(self.depthwise_kernel, None, *self._geometry(), self._owner)

    def _convolve(self, x):
        ones = (1,) * self.rank
        pointwise = Convolution(self.pointwise_kernel, self.bias, ones, ones, "valid", owner=self._owner)
        return pointwise.record(super()._convolve(x))
