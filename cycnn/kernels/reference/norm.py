"""Batch normalization of (n, rows, c) maps; statistics over samples and rows.

A partial result is [rows, then two numbers per channel]; merging takes one such line per group.
"""

import numpy as np


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


def normalize(x, mean, variance, gamma, beta, y, epsilon, threads=1):
    """y = gamma * xhat + beta."""
    y[...] = _xhat(x, mean, variance, epsilon) * _or(gamma, 1) + _or(beta, 0)


def backward_sums(x, dy, mean, variance, partial, epsilon, threads=1):
    """Rows, sums of dy, sums of dy * xhat."""
    dy = np.asarray(dy, np.float64)
    product = dy * _xhat(x, mean, variance, epsilon)
    partial[...] = np.concatenate([[x.shape[0] * x.shape[1]], np.sum(dy, axis=(0, 1)), np.sum(product, axis=(0, 1))])


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


def _split(partial):
    """Rows (groups, 1) and the two (groups, c) blocks of partial results."""
    partial = np.asarray(partial, np.float64)
    c = partial.shape[1] // 2
    return partial[:, :1], partial[:, 1 : 1 + c], partial[:, 1 + c :]


def _xhat(x, mean, variance, epsilon):
    return (x - np.asarray(mean, np.float64)) / np.sqrt(np.asarray(variance, np.float64) + epsilon)


def _or(values, default):
    return default if values is None else np.asarray(values, np.float64)
