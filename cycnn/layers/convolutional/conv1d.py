"""Conv1D: convolution over sequences."""

from cycnn.core.registry import export
from cycnn.layers.convolutional.base_conv import BaseConv


@export("keras.layers", "Convolution1D")
class Conv1D(BaseConv):
    """1D convolution: `filters` windows of `kernel_size` slide along a sequence, over all channels at once.

    y[n, i, f] = activation(bias[f] + sum over a, c of x[n, i * s + a * d, c] * kernel[a, c, f])

    Args:
        filters: number of output channels.
        kernel_size: integer: length of the window.
        strides: integer: steps of the window.
        padding: `"valid"` (none), `"same"` (zeros around the input so that the output has ceil(size / stride)
            positions; an odd zero goes to the end, as in TensorFlow), or `"causal"` (zeros before
            the input only: no output sees what comes after it).
        data_format: `"channels_last"`, or `"channels_first"`, which transposes at the layer's border and is slower.
        dilation_rate: integer: distance of the window's points.
        groups: into how many independent groups channels and filters are split.
        activation: name, function or None.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: name, object or function.
        kernel_regularizer, bias_regularizer: penalty added to the loss, or None.
        activity_regularizer: penalty on the output added to the loss, or None.
        kernel_constraint, bias_constraint: projection after each update, or None.

    Input shape:
        (n, w, c), or (n, c, w) with `channels_first`.

    Output shape:
        (n, ow, filters), or (n, filters, ow).

    Raises:
        ValueError: for a stride above 1 together with a dilation above 1, or an output that would be empty.

    Example:

    ```python
    x = np.random.rand(4, 100, 8)
    cycnn.layers.Conv1D(32, 5, padding="causal", activation="relu")(x).shape  # (4, 100, 32)
    ```
    """

    paddings = ("valid", "same", "causal")

    def __init__(
        self,
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
            1, filters, kernel_size, strides, padding, data_format, dilation_rate, groups, activation, use_bias,
            kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
