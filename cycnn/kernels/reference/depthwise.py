"""Depthwise convolution over (n, h, w, c) maps with (kh, kw, c) kernels.

With zeros where x is not,

    y[n, oh, ow, c] = bias[c] + sum over i, j of x[n, oh*sh + i*dh - top, ow*sw + j*dw - left, c] * kernel[i, j, c]

One place (i, j) of the window is a product of numbers.
"""

import numpy as np

from cycnn.kernels.reference import elementwise


def forward(x, kernel, bias, y, sh, sw, dh, dw, top, left, activation, threads=1):
    """y = activation(bias + each channel of x * its own kernel); bias may be None."""
    kh, kw, _ = kernel.shape
    padded, total = _padded(x, y, kh, kw, sh, sw, dh, dw, top, left), np.zeros(y.shape)
    for i, j in np.ndindex(kh, kw):
        total += _seen(padded, i * dh, j * dw, sh, sw, y.shape) * np.asarray(kernel[i, j], np.float64)
    if bias is not None:
        total += bias
    elementwise.activate(total, y, activation, 0.0, 0.0, 0.0)


def backward_input(dy, kernel, dx, sh, sw, dh, dw, top, left, threads=1):
    """dx: every tap gives back what it took."""
    kh, kw, _ = kernel.shape
    padded = _padded(np.zeros(dx.shape), dy, kh, kw, sh, sw, dh, dw, top, left)
    for i, j in np.ndindex(kh, kw):
        _seen(padded, i * dh, j * dw, sh, sw, dy.shape)[...] += np.asarray(dy, np.float64) * kernel[i, j]
    dx[...] = padded[:, top : top + dx.shape[1], left : left + dx.shape[2]]


def backward_kernel(x, dy, dkernel, sh, sw, dh, dw, top, left, threads=1):
    """dkernel, summed over samples and pixels. The old dkernel does not count."""
    kh, kw, _ = dkernel.shape
    padded = _padded(x, dy, kh, kw, sh, sw, dh, dw, top, left)
    for i, j in np.ndindex(kh, kw):
        dkernel[i, j] = (_seen(padded, i * dh, j * dw, sh, sw, dy.shape) * dy).sum(axis=(0, 1, 2))


def _padded(x, y, kh, kw, sh, sw, dh, dw, top, left):
    """x in float64 with `top` rows and `left` columns of zeros before it, and as many behind as windows reach."""
    bottom = max(0, (y.shape[1] - 1) * sh + (kh - 1) * dh + 1 - top - x.shape[1])
    right = max(0, (y.shape[2] - 1) * sw + (kw - 1) * dw + 1 - left - x.shape[2])
    return np.pad(np.asarray(x, np.float64), ((0, 0), (top, bottom), (left, right), (0, 0)))


def _seen(x, row, column, sh, sw, shape):
    """View (n, oh, ow, c): what one place of the window sees of x, for every output pixel of `shape`."""
    return x[:, row : row + (shape[1] - 1) * sh + 1 : sh, column : column + (shape[2] - 1) * sw + 1 : sw]
