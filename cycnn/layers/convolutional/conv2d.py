"""Conv2D: convolution over pictures."""

from cycnn.core.registry import export
from cycnn.layers.convolutional.base_conv import BaseConv


@export("keras.layers", "Convolution2D")
class Conv2D(BaseConv):
    """2D convolution: `filters` windows of `kernel_size` slide over rows and columns, over all channels at once.

    y[n, i, j, f] = activation(bias[f] + sum over a, b, c of x[n, i * s + a * d, j * s + b * d, c] * kernel[a, b, c, f])

    Args:
        filters: number of output channels.
        kernel_size: integer or pair: height and width of the window.
        strides: integer or pair: steps of the window.
        padding: `"valid"` (none) or `"same"` (zeros around the input so that the output has ceil(size / stride)
            positions; an odd zero goes to the bottom and to the right, as in TensorFlow).
        data_format: `"channels_last"`, or `"channels_first"`, which transposes at the layer's border and is slower.
        dilation_rate: integer or pair: distance of the window's points.
        groups: into how many independent groups channels and filters are split.
        activation: name, function or None.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: name, object or function.
        kernel_regularizer, bias_regularizer: penalty added to the loss, or None.
        activity_regularizer: penalty on the output added to the loss, or None.
        kernel_constraint, bias_constraint: projection after each update, or None.

    Input shape:
        (n, h, w, c), or (n, c, h, w) with `channels_first`.

    Output shape:
        (n, oh, ow, filters), or (n, filters, oh, ow).

    Raises:
        ValueError: for a stride above 1 together with a dilation above 1, or an output that would be empty.

    Example:

    ```python
    x = np.random.rand(4, 28, 28, 1)
    cycnn.layers.Conv2D(32, 3, activation="relu")(x).shape  # (4, 26, 26, 32)
    ```
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        data_format=None,
        dilation_rate=(1, 1),
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
            2, filters, kernel_size, strides, padding, data_format, dilation_rate, groups, activation, use_bias,
            kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
