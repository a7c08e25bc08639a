"""Conv3D: convolution over volumes."""

from cycnn.core.registry import export
from cycnn.layers.convolutional.base_conv import BaseConv


@export("keras.layers", "Convolution3D")
class Conv3D(BaseConv):
    """3D convolution: `filters` windows of `kernel_size` slide over volumes, over all channels at once.

    As `Conv2D`, with one more axis in front: films, or scans in slices.

    Args:
        filters: number of output channels.
        kernel_size: integer or triple: depth, height and width of the window.
        strides: integer or triple: steps of the window.
        padding: `"valid"` (none) or `"same"` (zeros around the input so that the output has ceil(size / stride)
            positions; an odd zero goes behind, as in TensorFlow).
        data_format: `"channels_last"`, or `"channels_first"`, which transposes at the layer's border and is slower.
        dilation_rate: integer or triple: distance of the window's points.
        groups: into how many independent groups channels and filters are split.
        activation: name, function or None.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: name, object or function.
        kernel_regularizer, bias_regularizer: penalty added to the loss, or None.
        activity_regularizer: penalty on the output added to the loss, or None.
        kernel_constraint, bias_constraint: projection after each update, or None.

    Input shape:
        (n, d, h, w, c), or (n, c, d, h, w) with `channels_first`.

    Output shape:
        (n, od, oh, ow, filters), or (n, filters, od, oh, ow).

    Raises:
        ValueError: for a stride above 1 together with a dilation above 1, or an output that would be empty.

    Example:

    ```python
    x = np.random.rand(4, 16, 28, 28, 1)
    cycnn.layers.Conv3D(32, 3, activation="relu")(x).shape  # (4, 14, 26, 26, 32)
    ```
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1, 1),
        padding="valid",
        data_format=None,
        dilation_rate=(1, 1, 1),
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
            3, filters, kernel_size, strides, padding, data_format, dilation_rate, groups, activation, use_bias,
            kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
