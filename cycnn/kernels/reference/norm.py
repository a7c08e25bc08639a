"""Normalization of (n, rows, c) maps: over samples and rows, by rows, by groups of channels, by neighbouring channels.

A partial result is [rows, then two numbers per channel]; merging takes one such line per group.
"""

import numpy as np

from cycnn.kernels.reference import elementwise


def moments(x, partial, threads=1):
    """Rows, means, sums of squared deviations."""
    x = np.asarray(x, np.float64).reshape(-1, x.shape[-1])
    mean = np.mean(x, axis=0)
    partial[...] = np.concatenate([[len(x)], mean, np.sum((x - mean) ** 2, axis=0)])


def merge_moments(partial, mean, variance, moving_mean, moving_variance, momentum, threads=1):
    """Statistics of all groups: the mean of their means, and what they and their means vary."""
    rows, means, m2 = _split(partial)
    mean[...] = np.sum(rows * means, axis=0) / np.sum(rows)
    center = np.sum(rows * means, axis=0) / np.sum(rows)
    variance[...] = np.sum(m2 + rows * (means - center) ** 2, axis=0) / np.sum(rows)
    for moving, now in ((moving_mean, mean), (moving_variance, variance)):
        if moving is not None:
            moving[...] = moving * momentum + now * (1 - momentum)


def normalize(x, mean, variance, gamma, beta, y, kind, epsilon, p0, p1, p2, threads=1):
    """y = activation(gamma * xhat + beta)."""
    z = _xhat(x, mean, variance, epsilon) * _or(gamma, 1) + _or(beta, 0)
    elementwise.activate(z, y, kind, p0, p1, p2)


def backward_sums(x, dy, mean, variance, partial, epsilon, threads=1):
    """Rows, sums of dy, sums of dy * xhat."""
    dy = np.asarray(dy, np.float64)
    product = dy * _xhat(x, mean, variance, epsilon)
    partial[...] = np.concatenate([[x.shape[0] * x.shape[1]], np.sum(dy, axis=(0, 1)), np.sum(product, axis=(0, 1))])


def activated_sums(x, dy, mean, variance, gamma, beta, y, partial, kind, epsilon, p0, p1, p2, threads=1):
    """dy through the activation; then what `backward_sums` finds."""
    z, found = (np.empty(np.shape(x)) for _ in range(2))
    normalize(x, mean, variance, gamma, beta, z, 0, epsilon, 0, 0, 0)
    normalize(x, mean, variance, gamma, beta, found, kind, epsilon, p0, p1, p2)
    elementwise.activate_backward(z, found if y is None else y, dy, dy, kind, p0, p1, p2)
    backward_sums(x, dy, mean, variance, partial, epsilon)


def fold(kernel, bias, mean, variance, gamma, beta, folded, offset, epsilon, threads=1):
    """A kernel (rows, f, behind) and a bias that normalize besides."""
    k = _or(gamma, 1) / np.sqrt(np.asarray(variance, np.float64) + epsilon)
    folded[...] = kernel * k[:, None]
    offset[...] = (_or(bias, 0) - np.asarray(mean, np.float64)) * k + _or(beta, 0)


def merge_sums(partial, sums, dgamma, dbeta, threads=1):
    """The groups added up; beta's gradient is the sum of dy, gamma's the sum of dy * xhat."""
    total = np.sum(partial, axis=0, dtype=np.float64)
    sums[...] = total
    c = len(total) // 2
    if dbeta is not None:
        dbeta[...] = total[1 : 1 + c]
    if dgamma is not None:
        dgamma[...] = total[1 + c :]


def backward_input(dy, x, mean, variance, gamma, sums, dx, epsilon, threads=1):
    """dx where mean and variance move with x: dy without its mean, and without its part along xhat."""
    rows, sum_dy, sum_product = _split(sums[None])
    dy = dy - sum_dy / rows - _xhat(x, mean, variance, epsilon) * sum_product / rows
    backward_fixed(dy, variance, gamma, dx, epsilon)


def backward_fixed(dy, variance, gamma, dx, epsilon, threads=1):
    """dx where mean and variance are constants."""
    dx[...] = dy * (_or(gamma, 1) / np.sqrt(np.asarray(variance, np.float64) + epsilon))


def rows_forward(x, gamma, beta, y, mean, inverse, kind, epsilon, threads=1):
    """Each row of a layer (kind 0), by its root mean square (1) or by its length (2)."""
    x = np.asarray(x, np.float64)
    mean[...] = np.mean(x, axis=2) if kind == 0 else 0
    d = x - np.asarray(mean, np.float64)[:, :, None]
    if kind == 2:
        with np.errstate(divide="ignore"):
            inverse[...] = 1 / np.maximum(np.sqrt(np.sum(d * d, axis=2)), epsilon)
    else:
        inverse[...] = 1 / np.sqrt(np.mean(d * d, axis=2) + epsilon)
    y[...] = d * np.asarray(inverse)[:, :, None] * _or(gamma, 1) + _or(beta, 0)


def rows_backward(dy, x, gamma, mean, inverse, dx, kind, epsilon, threads=1):
    """dx: g = dy gamma without its mean (kind 0), and without its part along xhat."""
    r = np.asarray(inverse, np.float64)[:, :, None]
    xhat, g = (x - np.asarray(mean, np.float64)[:, :, None]) * r, dy * np.asarray(_or(gamma, 1), np.float64)
    along = np.sum(g * xhat, axis=2, keepdims=True)
    if kind == 2:
        dx[...] = r * (g - xhat * np.where(r >= 1 / epsilon, 0, along))
        return
    center = np.mean(g, axis=2, keepdims=True) if kind == 0 else 0
    dx[...] = r * (g - center - xhat * along / x.shape[2])


def rows_sums(x, dy, mean, inverse, dgamma, dbeta, threads=1):
    """Sums over samples and rows of dy xhat and of dy."""
    xhat = (x - np.asarray(mean, np.float64)[:, :, None]) * np.asarray(inverse, np.float64)[:, :, None]
    if dgamma is not None:
        dgamma[...] = np.sum(dy * xhat, axis=(0, 1))
    if dbeta is not None:
        dbeta[...] = np.sum(dy, axis=(0, 1), dtype=np.float64)


def group_forward(x, gamma, beta, y, moments, groups, epsilon, threads=1):
    """Each sample by the statistics of its groups of channels."""
    n, rows, c = x.shape
    parts = np.asarray(x, np.float64).reshape(n, rows, groups, c // groups)
    mean, variance = (np.repeat(f(parts, axis=(1, 3)), c // groups, axis=1) for f in (np.mean, np.var))
    moments[...] = np.concatenate([np.full((n, 1), rows), mean, variance], axis=1)
    y[...] = (x - mean[:, None]) / np.sqrt(variance + epsilon)[:, None] * _or(gamma, 1) + _or(beta, 0)


def group_sums(x, dy, moments, sums, epsilon, threads=1):
    """Of each sample and channel: rows, sums of dy, sums of dy xhat."""
    xhat, _ = _group_xhat(x, moments, epsilon)
    dy = np.asarray(dy, np.float64)
    sums[...] = np.concatenate([np.full((len(x), 1), x.shape[1]), dy.sum(axis=1), (dy * xhat).sum(axis=1)], axis=1)


def group_backward(dy, x, gamma, moments, sums, dx, groups, epsilon, threads=1):
    """dx: g = dy gamma without its mean over the group, and without its part along xhat."""
    n, rows, c = x.shape
    xhat, scale = _group_xhat(x, moments, epsilon)
    weighted = np.asarray(sums, np.float64)[:, 1:].reshape(n, 2, c) * _or(gamma, 1)
    means = weighted.reshape(n, 2, groups, -1).sum(axis=3) / (rows * (c // groups))
    center, along = np.moveaxis(np.repeat(means, c // groups, axis=2), 1, 0)[:, :, None]
    dx[...] = (dy * _or(gamma, 1) - center - xhat * along) * scale


def _group_xhat(x, moments, epsilon):
    """xhat, and what it was scaled by."""
    mean, variance = np.moveaxis(np.asarray(moments, np.float64)[:, 1:].reshape(len(x), 2, 1, -1), 1, 0)
    return (x - mean) / np.sqrt(variance + epsilon), 1 / np.sqrt(variance + epsilon)


def standardize(x, mean, variance, y, invert, epsilon, threads=1):
    """y = (x - mean) / s, or mean + x s, with s = max(sqrt(variance), epsilon)."""
    s = np.maximum(np.sqrt(np.asarray(variance, np.float64)), epsilon)
    y[...] = _or(mean, 0) + x * s if invert else (x - _or(mean, 0)) / s


def response_forward(x, y, scale, reach, alpha, beta, bias, threads=1):
    """y = x / scale^beta, scale = bias + alpha (sum of x^2 over neighbouring channels)."""
    scale[...] = bias + alpha * _near(np.square(x, dtype=np.float64), reach)
    y[...] = x / np.power(scale, beta)


def response_backward(dy, x, scale, dx, reach, alpha, beta, threads=1):
    """dx = dy / scale^beta - 2 alpha beta x (sum over neighbouring channels of dy x / scale^(beta + 1))."""
    scale, share = np.asarray(scale, np.float64), np.asarray(dy, np.float64) * x
    dx[...] = dy / scale**beta - 2 * alpha * beta * x * _near(share / scale ** (beta + 1), reach)


def _near(values, reach):
    """The sum over `reach` channels on either side, and the channel itself."""
    c = values.shape[-1]
    return values @ (np.abs(np.subtract.outer(np.arange(c), np.arange(c))) <= reach).astype(np.float64)


def _split(partial):
    """Rows (groups, 1) and the two (groups, c) blocks of partial results."""
    partial = np.asarray(partial, np.float64)
    c = partial.shape[1] // 2
    return partial[:, :1], partial[:, 1 : 1 + c], partial[:, 1 + c :]


def _xhat(x, mean, variance, epsilon):
    return (x - np.asarray(mean, np.float64)) / np.sqrt(np.asarray(variance, np.float64) + epsilon)


def _or(values, default):
    return default if values is None else np.asarray(values, np.float64)
