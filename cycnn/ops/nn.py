"""What neural networks are made of: activations, normalization, labels, cross-entropies."""

import numpy as np

from cycnn import config
from cycnn.ops import maths, reductions, shaping
from cycnn.ops.dtypes import INTEGER, floating, standardize
from cycnn.ops.elementwise import Elementwise
from cycnn.ops.primitive import composite, primitive
from cycnn.ops.softmax import LogSoftmax, Softmax
from cycnn.ops.tape import value_of

# -------------------------------------------------------------------------------------------------- activations
# Computed by the kernels, in float32.


def relu(x):
    """max(x, 0)."""
    return Elementwise("relu")(x)


def relu6(x):
    """min(max(x, 0), 6)."""
    return Elementwise("relu6")(x)


def leaky_relu(x, negative_slope=0.2):
    """x above zero, `negative_slope * x` below."""
    return Elementwise("leaky_relu", negative_slope)(x)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return Elementwise("sigmoid")(x)


def elu(x, alpha=1.0):
    """x above zero, `alpha * (exp(x) - 1)` below."""
    return Elementwise("elu", alpha)(x)


def selu(x):
    """Scaled elu that keeps mean 0 and variance 1."""
    return Elementwise("selu")(x)


def celu(x, alpha=1.0):
    """max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))."""
    return Elementwise("celu", alpha)(x)


def gelu(x, approximate=True):
    """x * P(X <= x) for a normal X; `approximate`: by the formula with tanh."""
    return Elementwise("gelu_tanh" if approximate else "gelu")(x)


def silu(x):
    """x * sigmoid(x), also called swish."""
    return Elementwise("silu")(x)


swish = silu


def softplus(x):
    """log(1 + exp(x))."""
    return Elementwise("softplus")(x)


def softsign(x):
    """x / (1 + |x|)."""
    return Elementwise("softsign")(x)


def log_sigmoid(x):
    """log(sigmoid(x))."""
    return Elementwise("log_sigmoid")(x)


def hard_sigmoid(x):
    """relu6(x + 3) / 6."""
    return Elementwise("hard_sigmoid")(x)


def hard_silu(x):
    """x * hard_sigmoid(x), also called hard swish."""
    return Elementwise("hard_silu")(x)


hard_swish = hard_silu


def hard_tanh(x):
    """x, held between -1 and 1."""
    return Elementwise("hard_tanh")(x)


def hard_shrink(x, threshold=0.5):
    """x where |x| is above `threshold`, else zero."""
    return Elementwise("hard_shrink", threshold)(x)


def soft_shrink(x, threshold=0.5):
    """x moved towards zero by `threshold`, zero within it."""
    return Elementwise("soft_shrink", threshold)(x)


def tanh_shrink(x):
    """x - tanh(x)."""
    return Elementwise("tanh_shrink")(x)


def squareplus(x, b=4):
    """(x + sqrt(x² + b)) / 2."""
    return Elementwise("squareplus", b)(x)


def sparse_plus(x):
    """Zero below -1, (x + 1)² / 4 between -1 and 1, x above."""
    return Elementwise("sparse_plus")(x)


def sparse_sigmoid(x):
    """(x + 1) / 2, held between 0 and 1."""
    return Elementwise("sparse_sigmoid")(x)


def threshold(x, threshold, default_value):
    """x above `threshold`, else `default_value`."""
    return Elementwise("threshold", threshold, default_value)(x)


def glu(x, axis=-1):
    """The first half of an axis times the sigmoid of the second."""
    first, second = shaping.split(x, 2, axis)
    return maths.multiply(first, sigmoid(second))


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) over an axis, several, or all (None)."""
    return _over_axes(Softmax(), x, axis)


def log_softmax(x, axis=-1):
    """x - log(sum(exp(x))) over an axis, several, or all (None)."""
    return _over_axes(LogSoftmax(), x, axis)


@primitive()
def sparsemax(x, axis=-1):
    """The probabilities that lie nearest to x: many of them are 0 (Martins and Astudillo, ICML 2016).

    They add up to 1, where those of Keras 3.15 do not: it subtracts another threshold as soon as two of them are not 0.

    Args:
        x: array.
        axis: integer.
    """
    (x,) = floating(x)
    z = np.moveaxis(x, axis, -1)
    falling = -np.sort(-z, -1)
    sums, places = np.cumsum(falling, -1), np.arange(1, z.shape[-1] + 1)
    count = (1 + places * falling > sums).sum(-1, keepdims=True)  # how many are not 0
    threshold = (np.take_along_axis(sums, count - 1, -1) - 1) / count
    y = np.maximum(z - threshold, 0).astype(x.dtype)

    def slope(d):
        d, some = np.moveaxis(d, axis, -1), y > 0
        shared = (d * some).sum(-1, keepdims=True) / some.sum(-1, keepdims=True)
        return np.moveaxis(some * (d - shared), -1, axis)

    return np.moveaxis(y, -1, axis), slope


def _over_axes(operation, x, axis):
    """An operation over one axis, applied to several as if they were one."""
    if axis is not None and np.ndim(axis) == 0:
        return operation.over(x, axis)
    rank = shaping.ndim(x)
    axes = list(range(rank)) if axis is None else [a % rank for a in axis]
    order = [a for a in range(rank) if a not in axes] + axes
    moved = shaping.transpose(x, order)
    shape = shaping.shape(moved)
    y = shaping.reshape(operation(shaping.reshape(moved, (*shape[: rank - len(axes)], -1))), shape)
    return shaping.transpose(y, [order.index(a) for a in range(rank)])


# ------------------------------------------------------------------------------------------------ normalization


@composite
def normalize(x, axis=-1, order=2, epsilon=None):
    """x divided by its norm along an axis, which counts as at least `epsilon`.

    Args:
        x: array.
        axis: integer or tuple of integers.
        order: of the norm: 2 is the Euclidean one.
        epsilon: `config.epsilon()` where it is None.
    """
    epsilon = config.epsilon() if epsilon is None else epsilon
    if order == 2:
        total = reductions.sum(maths.square(x), axis, keepdims=True)
        return maths.multiply(x, maths.rsqrt(maths.maximum(total, epsilon**2)))
    from cycnn.ops import linalg

    return maths.divide(x, maths.maximum(linalg.norm(x, order, axis, keepdims=True), epsilon))


@composite
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """(x - mean) / sqrt(variance + epsilon) · scale + offset, with numbers for each place of an axis.

    Args:
        x: array.
        mean, variance: vectors along the axis.
        axis: integer.
        offset, scale: vectors along the axis, or None for 0 and 1.
        epsilon: a small number that keeps the denominator from 0.
    """
    along = [-1 if a == axis % shaping.ndim(x) else 1 for a in range(shaping.ndim(x))]
    mean, variance, offset, scale = (
        None if v is None else shaping.reshape(v, along) for v in (mean, variance, offset, scale)
    )
    inverse = maths.rsqrt(maths.add(variance, epsilon))
    y = maths.multiply(maths.subtract(x, mean), inverse if scale is None else maths.multiply(inverse, scale))
    return y if offset is None else maths.add(y, offset)


def _along(v, x, axes):
    """Factors of the axes that are normalized, so that they broadcast to x."""
    if v is None or shaping.ndim(v) == shaping.ndim(x):
        return v
    return shaping.reshape(v, [n if a in axes else 1 for a, n in enumerate(shaping.shape(x))])


def _axes_of(x, axis):
    return sorted(a % shaping.ndim(x) for a in ([axis] if np.ndim(axis) == 0 else axis))


@composite
def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None):
    """x with mean 0 and variance 1 over axes, times gamma, plus beta (Ba, Kiros, Hinton, 2016).

    Args:
        x: array.
        gamma, beta: arrays of the lengths of these axes, or None for 1 and 0.
        axis: integer or tuple of integers.
        epsilon: added to the variance; `config.epsilon()` where it is None.
    """
    axes, epsilon = _axes_of(x, axis), config.epsilon() if epsilon is None else epsilon
    away = maths.subtract(x, reductions.mean(x, axes, keepdims=True))
    variance = reductions.mean(maths.square(away), axes, keepdims=True)
    y = maths.multiply(away, maths.rsqrt(maths.add(variance, epsilon)))
    gamma, beta = _along(gamma, x, axes), _along(beta, x, axes)
    y = y if gamma is None else maths.multiply(y, gamma)
    return y if beta is None else maths.add(y, beta)


@composite
def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """x divided by the root of its mean square over axes, times a scale (Zhang and Sennrich, 2019).

    Args:
        x: array.
        scale: array of the lengths of these axes, or None for 1.
        axis: integer or tuple of integers.
        epsilon: added to the mean square; `config.epsilon()` where it is None.
    """
    axes, epsilon = _axes_of(x, axis), config.epsilon() if epsilon is None else epsilon
    size = reductions.mean(maths.square(x), axes, keepdims=True)
    y, scale = maths.multiply(x, maths.rsqrt(maths.add(size, epsilon))), _along(scale, x, axes)
    return y if scale is None else maths.multiply(y, scale)


@composite
def psnr(x1, x2, max_val):
    """The peak signal-to-noise ratio in decibels: 20 log₁₀(max_val) - 10 log₁₀(mean square of x1 - x2).

    Args:
        x1, x2: arrays of one shape.
        max_val: the largest value that an element may have.
    """
    _same_shape(x1, x2, "psnr", ("x1", "x2"))
    error = reductions.mean(maths.square(maths.subtract(x1, x2)))
    return maths.subtract(maths.multiply(20.0, maths.log10(float(max_val))), maths.multiply(10.0, maths.log10(error)))


def l2_normalize(x, axis=-1, epsilon=1e-12):
    """x / sqrt(max(sum(x²), epsilon)) along an axis."""
    total = reductions.sum(maths.square(x), axis, keepdims=True)
    return maths.multiply(x, maths.rsqrt(maths.maximum(total, epsilon)))


# ------------------------------------------------------------------------------------------------------- labels


@primitive()
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """1 at the place that a label names, 0 elsewhere; zeros for a label out of range.

    Args:
        x: integers.
        num_classes: how many classes.
        axis: where the new axis stands.
        dtype: float32 where it is None.
        sparse: False.
    """
    if sparse:
        raise ValueError("There are dense arrays only. Received: sparse=True.")
    hot = np.asarray(x)[..., None] == np.arange(num_classes)
    return np.moveaxis(hot, -1, axis).astype(standardize(dtype))


@composite
def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False):
    """1 at all places that the labels along the last axis name, 0 elsewhere. Arguments as in `one_hot`."""
    hot = one_hot(inputs, num_classes, axis, dtype, sparse)
    return reductions.max(hot, axis=1 if shaping.ndim(hot) > 2 else 0)


def top_k(x, k, sorted=True):  # noqa: A002
    """The k largest elements along the last axis.

    Args:
        x: array.
        k: integer.
        sorted: whether the largest comes first; it always does.

    Returns:
        `(values, indices)`, indices int32. The first of equal elements comes first.
    """
    indices = _places(x, k)
    return shaping.take_along_axis(x, indices, -1), indices


@primitive()
def _places(x, k):
    return np.argsort(-np.asarray(x), -1, kind="stable")[..., :k].astype(INTEGER)


@primitive(2)
def in_top_k(targets, predictions, k):
    """Whether a label is among the k largest predictions of its row: ties count as within.

    Args:
        targets: integers (n,).
        predictions: array (n, classes).
        k: integer.
    """
    targets, predictions = np.asarray(targets).astype(np.int64), np.asarray(predictions)
    inside = (targets >= 0) & (targets < predictions.shape[-1])
    own = np.take_along_axis(predictions, np.where(inside, targets, 0)[..., None], -1)
    return inside & np.isfinite(own[..., 0]) & ((predictions > own).sum(-1) < k)


# ---------------------------------------------------------------------------------------------- cross-entropies


def _clipped(p):
    return maths.clip(p, config.epsilon(), 1.0 - config.epsilon())


def _same_shape(target, output, name, words=("target", "output")):
    if shaping.shape(target) != shaping.shape(output):
        raise ValueError(
            f"`{name}`: `{words[0]}` and `{words[1]}` must have the same shape. "
            f"Received: {words[0]} of shape {shaping.shape(target)}, {words[1]} of shape {shaping.shape(output)}."
        )


def _log_probabilities(output, from_logits, axis):
    if from_logits:
        return log_softmax(output, axis)
    return maths.log(_clipped(maths.divide(output, reductions.sum(output, axis, keepdims=True))))


@composite
def binary_crossentropy(target, output, from_logits=False):
    """-t·log(p) - (1 - t)·log(1 - p) for each element.

    Args:
        target: array of numbers from 0 to 1.
        output: probabilities, held within `config.epsilon()` of 0 and 1, or logits.
        from_logits: whether `output` are logits.

    Returns:
        An array of the target's shape.
    """
    target, output = shaping.convert_to_tensor(target), shaping.convert_to_tensor(output)
    _same_shape(target, output, "binary_crossentropy")
    if from_logits:  # each branch is exact on its side: log(1 + exp(-|z|)) + (z (1 - t) or -z t)
        above = maths.add(softplus(maths.negative(output)), maths.multiply(output, maths.subtract(1.0, target)))
        below = maths.subtract(softplus(output), maths.multiply(output, target))
        return maths.where(maths.greater_equal(output, 0), above, below)
    p = _clipped(output)
    positive = maths.multiply(target, maths.log(p))
    negative = maths.multiply(maths.subtract(1.0, target), maths.log(maths.subtract(1.0, p)))
    return maths.negative(maths.add(positive, negative))


@composite
def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-Σ t·log(p) over the classes.

    Args:
        target: array of numbers from 0 to 1.
        output: probabilities, divided by their sum and held within `config.epsilon()` of 0 and 1; or logits.
        from_logits: whether `output` are logits.
        axis: where the classes are.

    Returns:
        An array of the target's shape without the axis.

    Raises:
        ValueError: the shapes differ, or have no axis.
    """
    target, output = shaping.convert_to_tensor(target), shaping.convert_to_tensor(output)
    _same_shape(target, output, "categorical_crossentropy")
    if not shaping.ndim(target):
        raise ValueError("`categorical_crossentropy` needs an axis of classes. Received: two numbers.")
    log_p = _log_probabilities(output, from_logits, axis)
    return maths.negative(reductions.sum(maths.multiply(target, log_p), axis))


@composite
def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-log(p) of the class that a label names.

    Args:
        target: integers, with or without an axis of length 1 for the classes.
        output: probabilities, divided by their sum and held within `config.epsilon()` of 0 and 1; or logits.
        from_logits: whether `output` are logits.
        axis: where the classes are.

    Returns:
        An array of the labels' shape.

    Raises:
        ValueError: the shapes do not belong together.
    """
    target, output = np.asarray(value_of(target)).astype(np.int64), shaping.convert_to_tensor(output)
    shape, rank = shaping.shape(output), shaping.ndim(output)
    if target.ndim == rank and target.shape[-1:] == (1,):
        target = target[..., 0]
    if not rank or target.shape != shape[: axis % rank] + shape[axis % rank + 1 :]:
        raise ValueError(
            "`sparse_categorical_crossentropy`: `target` must have the shape of `output` without the axis of classes. "
            f"Received: target of shape {target.shape}, output of shape {shape}, axis={axis}."
        )
    log_p = _log_probabilities(output, from_logits, axis)
    chosen = one_hot(target, shape[axis], axis)
    return maths.negative(reductions.sum(maths.multiply(chosen, log_p), axis))
