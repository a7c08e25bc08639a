"""Losses over the last axis, written from Keras's definitions; gradients by the chain rule, one step a line.

The gradient is of sum over samples and rows of weight * scale * value; `value` itself is not weighted. `POINTWISE` and
`ROWWISE` say what a loss is: value and slope, of predictions p and targets t, in the order of the kernels' numbers.
"""

import numpy as np


def smoothed(target, smoothing, classes):
    """A share of every target spread evenly over the classes."""
    return np.asarray(target, np.float64) * (1 - smoothing) + smoothing / classes


def one_hot(labels, classes):
    """1 at each label; a label that is no class is NaN throughout."""
    hot = np.equal.outer(labels, np.arange(classes)).astype(np.float64)
    hot[(labels < 0) | (labels >= classes)] = np.nan
    return hot


def factors(weight, scale, value):
    """What each row's value counts for, (n, rows, 1)."""
    weight = np.ones((1, 1)) if weight is None else np.asarray(weight, np.float64)
    return np.broadcast_to((weight * np.float64(scale[0]))[..., None], (*value.shape, 1))


def single(x):
    """A number as float32 holds it."""
    return np.float64(np.float32(x))


def ends(epsilon):
    """What probabilities are clipped to, as float32 holds it."""
    return single(epsilon), single(1 - np.float64(epsilon))


def inside(p, low, high):
    """1 where clipping leaves p as it is, and so passes a gradient."""
    return np.where((p < low) | (p > high), 0.0, 1.0)


def nothing(rows, *outputs):
    """Rows that do not count: 0 in all outputs."""
    for output in outputs:
        if output is not None:
            output[rows] = 0


# Cross-entropies -----------------------------------------------------------------------------------------------------


def softmax_crossentropy(logits, target, weight, scale, y, value, dlogits, smoothing, threads=1):
    """y = softmax(logits); value = -sum t log y."""
    t = smoothed(target, smoothing, logits.shape[-1])
    with np.errstate(invalid="ignore", over="ignore"):
        x = logits - np.max(logits, axis=-1, keepdims=True).astype(np.float64)
        log_y = x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))
        y[...] = np.exp(log_y)
        value[...] = -np.sum(t * log_y, axis=-1)
        if dlogits is not None:
            dlogits[...] = (np.exp(log_y) * np.sum(t, axis=-1, keepdims=True) - t) * factors(weight, scale, value)


def sparse_softmax_crossentropy(logits, target, weight, scale, y, value, dlogits, ignored, threads=1):
    """`softmax_crossentropy` of the labels, one-hot."""
    softmax_crossentropy(logits, one_hot(target, logits.shape[-1]), weight, scale, y, value, dlogits, 0)
    nothing(np.asarray(target) == ignored, value, dlogits)


def categorical_crossentropy(p, target, weight, scale, value, dp, smoothing, epsilon, threads=1):
    """q = p / sum p, clipped; value = -sum t log q."""
    t = smoothed(target, smoothing, p.shape[-1])
    p = np.asarray(p, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.sum(p, axis=-1, keepdims=True)
        q = p / total
        value[...] = -np.sum(t * np.log(np.clip(q, *ends(epsilon))), axis=-1)
        if dp is not None:
            dq = np.where(inside(q, *ends(epsilon)), -t / q, 0)
            dp[...] = (dq - np.sum(dq * q, axis=-1, keepdims=True)) / total * factors(weight, scale, value)


def sparse_categorical_crossentropy(p, target, weight, scale, value, dp, ignored, epsilon, threads=1):
    """`categorical_crossentropy` of the labels, one-hot."""
    categorical_crossentropy(p, one_hot(target, p.shape[-1]), weight, scale, value, dp, 0, epsilon)
    nothing(np.asarray(target) == ignored, value, dp)


def generalized_crossentropy(p, target, weight, scale, value, dp, q, threads=1):
    """value = (1 - p^q) / q for the p of the label."""
    hot = one_hot(target, p.shape[-1])
    chosen = np.sum(hot * p, axis=-1)
    value[...] = (1 - chosen**q) / q
    if dp is not None:
        with np.errstate(divide="ignore"):
            dp[...] = np.where(hot == 0, 0, -hot * chosen[..., None] ** (q - 1)) * factors(weight, scale, value)


# Means of pointwise terms --------------------------------------------------------------------------------------------


def sigmoid(x):
    """1 / (1 + e^-x)."""
    return np.exp(-np.logaddexp(0, -x))


def binary(p, t, epsilon):
    """-t log q - (1 - t) log(1 - q), with q = p clipped."""
    q = np.clip(p, *ends(epsilon))
    return -t * np.log(q) - (1 - t) * np.log(1 - q)


def binary_slope(p, t, epsilon):
    """Its derivative by p."""
    q = np.clip(p, *ends(epsilon))
    return (-t / q + (1 - t) / (1 - q)) * inside(p, *ends(epsilon))


def focal(p, t, epsilon, exponent, zeros, ones):
    """Lin et al., 2017: the cross-entropy counts the more the less sure p is of t."""
    doubt = 1 - (t * p + (1 - t) * (1 - p))
    return (t * ones + (1 - t) * zeros) * doubt**exponent * binary(p, t, epsilon)


def focal_slope(p, t, epsilon, exponent, zeros, ones):
    """Its derivative by p: the product rule."""
    doubt = 1 - (t * p + (1 - t) * (1 - p))
    with np.errstate(divide="ignore"):
        steeper = exponent * doubt ** (exponent - 1) if exponent else 0
    return (t * ones + (1 - t) * zeros) * (
        steeper * (1 - 2 * t) * binary(p, t, epsilon) + doubt**exponent * binary_slope(p, t, epsilon)
    )


def logarithm(x, epsilon):
    """log(1 + x) for x of at least epsilon."""
    return np.log(np.maximum(x, epsilon) + 1)


def magnitude(t, epsilon):
    """|t|, at least epsilon."""
    return np.maximum(np.abs(t), epsilon)


def step(x):
    """The slope of max(x, 0)."""
    return np.heaviside(x, 0.5)


# Name -> (term, its derivative by p), both of (p, t, epsilon, a, b, c).
POINTWISE = {
    "binary_crossentropy": (
        lambda p, t, e, a, b, c: binary(p, t, e),
        lambda p, t, e, a, b, c: binary_slope(p, t, e),
    ),
    "binary_crossentropy_logits": (
        lambda x, t, e, a, b, c: t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x),
        lambda x, t, e, a, b, c: sigmoid(x) - t,
    ),
    "binary_focal": (focal, focal_slope),
    "binary_focal_logits": (
        lambda x, t, e, a, b, c: focal(sigmoid(x), t, e, a, b, c),
        lambda x, t, e, a, b, c: focal_slope(sigmoid(x), t, e, a, b, c) * sigmoid(x) * sigmoid(-x),
    ),
    "squared": (lambda p, t, e, a, b, c: (p - t) ** 2, lambda p, t, e, a, b, c: 2 * (p - t)),
    "absolute": (lambda p, t, e, a, b, c: np.abs(p - t), lambda p, t, e, a, b, c: np.sign(p - t)),
    "percentage": (
        lambda p, t, e, a, b, c: 100 * np.abs(p - t) / magnitude(t, e),
        lambda p, t, e, a, b, c: 100 * np.sign(p - t) / magnitude(t, e),
    ),
    "logarithmic": (
        lambda p, t, e, a, b, c: (logarithm(p, e) - logarithm(t, e)) ** 2,
        lambda p, t, e, a, b, c: np.where(p < e, 0, 2 * (logarithm(p, e) - logarithm(t, e)) / (p + 1)),
    ),
    "huber": (
        lambda p, t, e, a, b, c: np.where(np.abs(p - t) <= a, (p - t) ** 2 / 2, a * np.abs(p - t) - a * a / 2),
        lambda p, t, e, a, b, c: np.where(np.abs(p - t) <= a, p - t, a * np.sign(p - t)),
    ),
    "log_cosh": (
        lambda p, t, e, a, b, c: np.logaddexp(p - t, t - p) - np.log(2),
        lambda p, t, e, a, b, c: np.tanh(p - t),
    ),
    "poisson": (lambda p, t, e, a, b, c: p - t * np.log(p + e), lambda p, t, e, a, b, c: 1 - t / (p + e)),
    "hinge": (
        lambda p, t, e, a, b, c: np.maximum(1 - t * p, 0),
        lambda p, t, e, a, b, c: -t * step(1 - t * p),
    ),
    "squared_hinge": (
        lambda p, t, e, a, b, c: np.maximum(1 - t * p, 0) ** 2,
        lambda p, t, e, a, b, c: -2 * t * np.maximum(1 - t * p, 0),
    ),
    "kl_divergence": (
        lambda p, t, e, a, b, c: np.clip(t, e, 1) * np.log(np.clip(t, e, 1) / np.clip(p, e, 1)),
        lambda p, t, e, a, b, c: -np.clip(t, e, 1) / np.clip(p, e, 1) * inside(p, e, 1),
    ),
}


def pointwise(p, target, weight, scale, value, dp, kind, smoothing, epsilon, a, b, c, threads=1):
    """value = mean of terms; of the Kullback-Leibler divergence their sum."""
    name = list(POINTWISE)[kind]
    term, slope = POINTWISE[name]
    p, t = np.asarray(p, np.float64), smoothed(target, smoothing, 2)
    width = 1 if name == "kl_divergence" else p.shape[-1]
    value[...] = np.sum(term(p, t, single(epsilon), a, b, c), axis=-1) / width
    if dp is not None:
        dp[...] = slope(p, t, single(epsilon), a, b, c) / width * factors(weight, scale, value)


def signs(target, threads=1):
    """0 and 1 become -1 and 1, if there is nothing else."""
    if np.all((target == 0) | (target == 1)):
        target[...] = 2 * target - 1


# Whole rows ----------------------------------------------------------------------------------------------------------


def categorical_focal(p, target, smoothing, epsilon, a, b):
    """q = p / sum p, clipped; value = -sum b t (1 - q)^a log q."""
    t = smoothed(target, smoothing, p.shape[-1])
    total = np.sum(p, axis=-1, keepdims=True)
    q = np.clip(p / total, *ends(epsilon))
    value = -np.sum(b * t * (1 - q) ** a * np.log(q), axis=-1)
    dq = b * t * (a * (1 - q) ** (a - 1) * np.log(q) - (1 - q) ** a / q) * inside(p / total, *ends(epsilon))
    return value, (dq - np.sum(dq * p / total, axis=-1, keepdims=True)) / total


def categorical_focal_logits(x, target, smoothing, epsilon, a, b):
    """`categorical_focal` of the softmax."""
    p = np.exp(x - np.max(x, axis=-1, keepdims=True))
    p /= np.sum(p, axis=-1, keepdims=True)
    value, dp = categorical_focal(p, target, smoothing, epsilon, a, b)
    return value, p * (dp - np.sum(dp * p, axis=-1, keepdims=True))


def categorical_hinge(p, t, smoothing, epsilon, a, b):
    """value = max(1 + max (1 - t) p - sum t p, 0). Equal maxima share the gradient."""
    others = (1 - t) * p
    most = np.max(others, axis=-1, keepdims=True)
    short = 1 + most - np.sum(t * p, axis=-1, keepdims=True)
    first = (others == most) / np.maximum(np.sum(others == most, axis=-1, keepdims=True), 1)
    return np.maximum(short, 0)[..., 0], step(short) * (first * (1 - t) - t)


def cosine_similarity(p, t, smoothing, epsilon, a, b):
    """value = -sum (p / |p|) (t / |t|), for norms of at least epsilon."""
    least = np.float64(np.float32(epsilon) * np.float32(epsilon))
    squares = np.sum(p * p, axis=-1, keepdims=True)
    norm = np.sqrt(np.maximum(squares, least))
    unit, other = p / norm, t / np.sqrt(np.maximum(np.sum(t * t, axis=-1, keepdims=True), least))
    cosine = np.sum(unit * other, axis=-1, keepdims=True)
    return -cosine[..., 0], (np.where(squares < least, 0, cosine) * unit - other) / norm


ROWWISE = {
    "categorical_focal": categorical_focal,
    "categorical_focal_logits": categorical_focal_logits,
    "categorical_hinge": categorical_hinge,
    "cosine_similarity": cosine_similarity,
}


def rowwise(p, target, weight, scale, value, dp, kind, smoothing, epsilon, a, b, threads=1):
    """Losses of whole rows."""
    with np.errstate(invalid="ignore"):
        loss = list(ROWWISE.values())[kind]
        p, t = np.asarray(p, np.float64), np.asarray(target, np.float64)
        value[...], slope = loss(p, t, smoothing, single(epsilon), a, b)
        if dp is not None:
            dp[...] = slope * factors(weight, scale, value)
