"""Losses over the last axis, written from Keras's definitions; gradients by the chain rule, one step a line.

The gradient is of sum over samples and rows of weight * scale * value; `value` itself is not weighted.
"""

import numpy as np

# Keras's epsilon, and one less, as float32 holds them.
LOWEST, HIGHEST = np.float64(np.float32(1e-7)), np.float64(np.float32(1 - 1e-7))


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
    weight = np.ones(len(value)) if weight is None else np.asarray(weight, np.float64)
    return np.broadcast_to((weight * np.float64(scale[0]))[:, None, None], (*value.shape, 1))


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


def sparse_softmax_crossentropy(logits, target, weight, scale, y, value, dlogits, threads=1):
    """`softmax_crossentropy` of the labels, one-hot."""
    softmax_crossentropy(logits, one_hot(target, logits.shape[-1]), weight, scale, y, value, dlogits, 0)


def categorical_crossentropy(p, target, weight, scale, value, dp, smoothing, threads=1):
    """q = p / sum p, clipped; value = -sum t log q."""
    t = smoothed(target, smoothing, p.shape[-1])
    p = np.asarray(p, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.sum(p, axis=-1, keepdims=True)
        q = p / total
        value[...] = -np.sum(t * np.log(np.clip(q, LOWEST, HIGHEST)), axis=-1)
        if dp is not None:
            inside = (q >= LOWEST) & (q <= HIGHEST)
            dq = np.where(inside, -t / q, 0)
            dp[...] = (dq - np.sum(dq * q, axis=-1, keepdims=True)) / total * factors(weight, scale, value)


def sparse_categorical_crossentropy(p, target, weight, scale, value, dp, threads=1):
    """`categorical_crossentropy` of the labels, one-hot."""
    categorical_crossentropy(p, one_hot(target, p.shape[-1]), weight, scale, value, dp, 0)


def binary_crossentropy(p, target, weight, scale, value, dp, smoothing, threads=1):
    """q = p, clipped; value = mean of -t log q - (1 - t) log(1 - q)."""
    t = smoothed(target, smoothing, 2)
    p = np.asarray(p, np.float64)
    q = np.clip(p, LOWEST, HIGHEST)
    value[...] = np.mean(-t * np.log(q) - (1 - t) * np.log(1 - q), axis=-1)
    if dp is not None:
        inside = (p >= LOWEST) & (p <= HIGHEST)
        dq = np.where(inside, -t / q + (1 - t) / (1 - q), 0)
        dp[...] = dq / p.shape[-1] * factors(weight, scale, value)


def binary_crossentropy_logits(logits, target, weight, scale, value, dlogits, smoothing, threads=1):
    """value = mean of t log(1 + e^-x) + (1 - t) log(1 + e^x)."""
    t = smoothed(target, smoothing, 2)
    x = np.asarray(logits, np.float64)
    value[...] = np.mean(t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x), axis=-1)
    if dlogits is not None:
        dlogits[...] = (np.exp(-np.logaddexp(0, -x)) - t) / x.shape[-1] * factors(weight, scale, value)


def mean_squared_error(p, target, weight, scale, value, dp, threads=1):
    """value = mean of (p - t)^2."""
    difference = np.asarray(p, np.float64) - target
    value[...] = np.mean(difference**2, axis=-1)
    if dp is not None:
        dp[...] = 2 * difference / p.shape[-1] * factors(weight, scale, value)
