"""DepthwiseConv1D: a convolution of each channel of sequences by itself."""

from cycnn.core.registry import export
from cycnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv


@export("keras.layers")
class DepthwiseConv1D(BaseDepthwiseConv):
    """1D depthwise convolution: each channel has `depth_multiplier` windows of its own, and no channel sees another.

    Channel c of the input becomes the channels c * depth_multiplier ... of the output. With a convolution of single
    pixels behind it, it makes a separable convolution (`SeparableConv1D`), at a fraction of the work of a whole one
    (Howard et al., 2017, "MobileNets", arXiv:1704.04861).

    Args:
        kernel_size: integer: length of the window.
        strides: integer: steps of the window.
        padding: `"valid"` (none) or `"same"` (zeros around the input so that the output has ceil(size / stride)
            positions; an odd zero goes behind, as in TensorFlow).
        depth_multiplier: outputs of each channel.
        data_format: `"channels_last"`, or `"channels_first"`, which transposes at the layer's border and is slower.
        dilation_rate: integer: distance of the window's points.
        activation: name, function or None.
        use_bias: whether to add a bias.
        depthwise_initializer, bias_initializer: name, object or function.
        depthwise_regularizer, bias_regularizer: penalty added to the loss, or None.
        activity_regularizer: penalty on the output added to the loss, or None.
        depthwise_constraint, bias_constraint: projection after each update, or None.

    Input shape:
        (n, w, c), or (n, c, w) with `channels_first`.

    Output shape:
        (n, ow, c * depth_multiplier), or (n, c * depth_multiplier, ow).

    Raises:
        ValueError: for an output that would be empty.

    Example:

    ```python
    x = np.random.rand(4, 100, 8)
    cycnn.layers.DepthwiseConv1D(5, depth_multiplier=2)(x).shape  # (4, 96, 16)
    ```
    """

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
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
            1, depth_multiplier, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            depthwise_initializer, bias_initializer, depthwise_regularizer, bias_regularizer, activity_regularizer,
            depthwise_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
