"""Convolution (cross-correlation) over (n, h, w, c) maps with (kh, kw, c / groups, f) kernels.

With i, j places in the window and c counted inside its group,

    y[n, oh, ow, f] = bias[f] + sum over i, j, c of x[n, oh*sh + i*dh, ow*sw + j*dw, c] * kernel[i, j, c, f]

Each function below walks the places of the window: one (i, j) is a matrix product between what the window's place
sees of x and one slice of the kernel.
"""

import numpy as np

from cycnn.kernels.reference import elementwise


def pack(kernel, packed, groups, threads=1):
    """The judge's packed layout is the kernel's own: a copy."""
    packed[...] = kernel


def pack_transposed(kernel, packed, groups, threads=1):
    """A copy, too: `backward_input` reads the kernel as the user sees it."""
    packed[...] = kernel


def forward(x, packed, bias, y, kh, kw, sh, sw, dh, dw, groups, activation, threads=1):
    """y = activation(x * kernel + bias); x is already padded, `packed` is the plain kernel, bias may be None."""
    total = np.zeros(y.shape)
    for channels, filters in _groups(x.shape[3], y.shape[3], groups):
        for i, j in np.ndindex(kh, kw):
            seen = _seen(np.asarray(x, np.float64), i * dh, j * dw, sh, sw, y.shape)
            total[..., filters] += seen[..., channels] @ np.asarray(packed[i, j, :, filters], np.float64)
    if bias is not None:
        total += bias
    elementwise.activate(total, y, activation, 0.0, 0.0, 0.0)


def backward_input(dy, packed, dx, kh, kw, sh, sw, dh, dw, top, left, groups, threads=1):
    """dx of the map before padding: `top` rows above it and `left` columns beside it were added, the rest as needed."""
    n, h, w, c = dx.shape
    rows = max(top + h, (dy.shape[1] - 1) * sh + (kh - 1) * dh + 1)
    columns = max(left + w, (dy.shape[2] - 1) * sw + (kw - 1) * dw + 1)
    padded = np.zeros((n, rows, columns, c))
    for channels, filters in _groups(c, dy.shape[3], groups):
        for i, j in np.ndindex(kh, kw):
            seen = _seen(padded, i * dh, j * dw, sh, sw, dy.shape)
            seen[..., channels] += np.asarray(dy[..., filters], np.float64) @ packed[i, j, :, filters].T
    dx[...] = padded[:, top : top + h, left : left + w]


def backward_kernel(x, dy, dkernel, sh, sw, dh, dw, groups, threads=1):
    """dkernel (kh, kw, c / groups, f), summed over all samples; x is already padded. The old dkernel does not count."""
    kh, kw = dkernel.shape[:2]
    for channels, filters in _groups(x.shape[3], dy.shape[3], groups):
        for i, j in np.ndindex(kh, kw):
            seen = _seen(np.asarray(x, np.float64), i * dh, j * dw, sh, sw, dy.shape)
            dkernel[i, j, :, filters] = np.tensordot(seen[..., channels], dy[..., filters], axes=([0, 1, 2], [0, 1, 2]))


def _groups(c, f, groups):
    """The input channels and the filters of each group, as slices."""
    return [
        (slice(g * c // groups, (g + 1) * c // groups), slice(g * f // groups, (g + 1) * f // groups))
        for g in range(groups)
    ]


def _seen(x, row, column, sh, sw, shape):
    """View (n, oh, ow, c): what one place of the window sees of x, for every output pixel of `shape`."""
    return x[:, row : row + (shape[1] - 1) * sh + 1 : sh, column : column + (shape[2] - 1) * sw + 1 : sw]
