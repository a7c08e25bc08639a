"""The functions. Formulas as in Keras 3; `x` is a symbolic tensor or an array of any shape."""

from cycnn.ops import nn
from cycnn.ops.elementwise import Elementwise, infinite
from cycnn.ops.softmax import LogSoftmax, Softmax


def linear(x):
    """x itself."""
    return x


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """max(x, 0); in general `negative_slope * (x - threshold)` below `threshold` and at most `max_value` above.

    NaN stays NaN.
    """
    if (negative_slope, max_value, threshold) == (0.0, None, 0.0):
        return Elementwise("relu")(x)
    if (negative_slope, max_value, threshold) == (0.0, 6.0, 0.0):
        return relu6(x)
    return Elementwise("relu_general", negative_slope, infinite(max_value), threshold)(x)


def relu6(x):
    """min(max(x, 0), 6)."""
    return Elementwise("relu6")(x)


def leaky_relu(x, negative_slope=0.2):
    """x above zero, `negative_slope * x` below."""
    return Elementwise("leaky_relu", negative_slope)(x)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return Elementwise("sigmoid")(x)


def tanh(x):
    """The hyperbolic tangent."""
    return Elementwise("tanh")(x)


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) over one axis.

    Raises:
        ValueError: x has no such axis, or it counts the samples of a symbolic tensor.
    """
    return Softmax().over(x, axis)


def log_softmax(x, axis=-1):
    """x - log(sum(exp(x))) over one axis: exact where softmax itself would round to zero.

    Raises:
        ValueError: x has no such axis, or it counts the samples of a symbolic tensor.
    """
    return LogSoftmax().over(x, axis)


def glu(x, axis=-1):
    """The first half of an axis times the sigmoid of the second (Dauphin et al., 2017)."""
    return nn.glu(x, axis)


def sparsemax(x, axis=-1):
    """The probabilities that lie nearest to x: many of them are 0 (Martins and Astudillo, 2016)."""
    return nn.sparsemax(x, axis)


def elu(x, alpha=1.0):
    """x above zero, `alpha * (exp(x) - 1)` below (Clevert et al., 2016)."""
    return Elementwise("elu", alpha)(x)


def selu(x):
    """Scaled elu that keeps mean 0 and variance 1 (Klambauer et al., 2017)."""
    return Elementwise("selu")(x)


def celu(x, alpha=1.0):
    """max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)) (Barron, 2017)."""
    return Elementwise("celu", alpha)(x)


def gelu(x, approximate=False):
    """x * P(X <= x) for a normal X (Hendrycks and Gimpel, 2016); `approximate` uses their formula with tanh."""
    return Elementwise("gelu_tanh" if approximate else "gelu")(x)


def silu(x):
    """x * sigmoid(x), also called swish."""
    return Elementwise("silu")(x)


def mish(x):
    """x * tanh(softplus(x)) (Misra, 2019)."""
    return Elementwise("mish")(x)


def softplus(x):
    """log(1 + exp(x))."""
    return Elementwise("softplus")(x)


def softsign(x):
    """x / (1 + |x|)."""
    return Elementwise("softsign")(x)


def exponential(x):
    """exp(x)."""
    return Elementwise("exponential")(x)


def hard_sigmoid(x):
    """relu6(x + 3) / 6."""
    return Elementwise("hard_sigmoid")(x)


def hard_silu(x):
    """x * hard_sigmoid(x), also called hard swish."""
    return Elementwise("hard_silu")(x)


def hard_tanh(x):
    """x, held between -1 and 1."""
    return Elementwise("hard_tanh")(x)


def log_sigmoid(x):
    """log(sigmoid(x))."""
    return Elementwise("log_sigmoid")(x)


def tanh_shrink(x):
    """x - tanh(x)."""
    return Elementwise("tanh_shrink")(x)


def soft_shrink(x, threshold=0.5):
    """x moved towards zero by `threshold`, zero within it."""
    return Elementwise("soft_shrink", threshold)(x)


def hard_shrink(x, threshold=0.5):
    """x where |x| is above `threshold`, else zero."""
    return Elementwise("hard_shrink", threshold)(x)


def squareplus(x, b=4):
    """(x + sqrt(x² + b)) / 2."""
    return Elementwise("squareplus", b)(x)


def threshold(x, threshold, default_value):
    """x above `threshold`, else `default_value`."""
    return Elementwise("threshold", threshold, default_value)(x)


def sparse_plus(x):
    """Zero below -1, (x + 1)² / 4 between -1 and 1, x above."""
    return Elementwise("sparse_plus")(x)


def sparse_sigmoid(x):
    """(x + 1) / 2, held between 0 and 1."""
    return Elementwise("sparse_sigmoid")(x)
