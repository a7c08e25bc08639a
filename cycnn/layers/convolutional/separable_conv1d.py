"""SeparableConv1D: a depthwise convolution of sequences, and one of single pixels behind it."""

from cycnn.core.registry import export
from cycnn.layers.convolutional.base_separable_conv import BaseSeparableConv


@export("keras.layers", "SeparableConvolution1D")
class SeparableConv1D(BaseSeparableConv):
    """1D separable convolution: windows over each channel by itself, then `filters` sums over the channels of a pixel.

    A convolution whose kernels are products of a window and a mixture of channels: a fraction of the weights and of the
    work (Chollet, 2017, "Xception", arXiv:1610.02357).

    Args:
        filters: number of output channels.
        kernel_size: integer: length of the window.
        strides: integer: steps of the window.
        padding: `"valid"` (none) or `"same"` (zeros around the input so that the output has ceil(size / stride)
            positions; an odd zero goes behind, as in TensorFlow).
        data_format: `"channels_last"`, or `"channels_first"`, which transposes at the layer's border and is slower.
        dilation_rate: integer: distance of the window's points.
        depth_multiplier: outputs of each channel between the two steps.
        activation: name, function or None.
        use_bias: whether to add a bias.
        depthwise_initializer, pointwise_initializer, bias_initializer: name, object or function.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: penalty added to the loss, or None.
        activity_regularizer: penalty on the output added to the loss, or None.
        depthwise_constraint, pointwise_constraint, bias_constraint: projection after each update, or None.

    Input shape:
        (n, w, c), or (n, c, w) with `channels_first`.

    Output shape:
        (n, ow, filters), or (n, filters, ow).

    Raises:
        ValueError: for an output that would be empty.

    Example:

    ```python
    x = np.random.rand(4, 100, 8)
    cycnn.layers.SeparableConv1D(32, 5, activation="relu")(x).shape  # (4, 96, 32)
    ```
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        depth_multiplier=1,
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
            1, depth_multiplier, filters, kernel_size, strides, padding, data_format, dilation_rate, activation,
            use_bias, depthwise_initializer, pointwise_initializer, bias_initializer, depthwise_regularizer,
            pointwise_regularizer, bias_regularizer, activity_regularizer, depthwise_constraint, pointwise_constraint,
            bias_constraint, **kwargs,
        )  # fmt: skip
