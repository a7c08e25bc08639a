"""Conv2DTranspose: the transposed convolution of maps."""

from cycnn.core.registry import export
from cycnn.layers.convolutional.base_conv_transpose import BaseConvTranspose


@export("keras.layers", "Convolution2DTranspose")
class Conv2DTranspose(BaseConvTranspose):
    """2D transposed convolution: each pixel of the input adds a window to the output, `strides` apart.

    y[n, i * s + a * d, j * s + b * d, f] = bias[f] + sum over c of x[n, i, j, c] * kernel[a, b, f, c], over all (i, a)
    and (j, b) that meet.

    It goes the way of a convolution's gradient, from the shape of its output to that of its input: maps grow (Zeiler et
    al., 2010, "Deconvolutional networks").

    Args:
        filters: number of output channels.
        kernel_size: integer or pair: height and width of the window.
        strides: integer or pair: distance of the windows in the output.
        padding: `"valid"` (all of the result: (size - 1) * stride + reach positions, reach = (kernel_size - 1) *
            dilation_rate + 1, and zeros behind up to size * stride) or `"same"` (size * stride positions; what is
            more is cut off evenly on both sides, the odd one behind).
        output_padding: integer or pair, or None: sets the output's length along each axis, to
            (size - 1) * stride + reach + output_padding (`"valid"`), or with reach modulo 2 for reach (`"same"`);
            less than the stride.
        data_format: `"channels_last"`, or `"channels_first"`, which transposes at the layer's border and is slower.
        dilation_rate: integer or pair: distance of the window's points.
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
        ValueError: for a stride above 1 together with a dilation above 1, an `output_padding` that is not less than the
            stride, or an output that would be empty.

    Example:

    ```python
    x = np.random.rand(4, 14, 14, 64)
    cycnn.layers.Conv2DTranspose(32, 3, strides=2, padding="same")(x).shape  # (4, 28, 28, 32)
    ```
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=(1, 1),
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
            2, filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate, activation, use_bias,
            kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
