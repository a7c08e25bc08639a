"""Matrix products over the last axis: (n, rows, k) maps with (k, f) kernels.

    y[n, r, f] = bias[f] + sum over k of x[n, r, k] * kernel[k, f]

The input gradient is the same product with the kernel transposed: `forward(dy, transposed, None, dx, 0)`.
"""

import numpy as np

from cycnn.kernels.reference import elementwise


def pack(kernel, packed, threads=1):
    """The judge's packed layout is the kernel's own: a copy."""
    packed[...] = kernel


def pack_transposed(kernel, packed, threads=1):
    """packed (f, k): the kernel with which `forward` makes the input gradient."""
    packed[...] = kernel.T


def forward(x, packed, bias, y, activation, threads=1):
    """y = activation(x @ kernel + bias); `packed` is the plain kernel, bias may be None."""
    total = np.asarray(x, np.float64) @ np.asarray(packed, np.float64)
    if bias is not None:
        total += bias
    elementwise.activate(total, y, activation, 0.0, 0.0, 0.0)


def forward_unpacked(x, kernel, bias, y, activation, threads=1):
    """`forward`, with the plain kernel as it is."""
    forward(x, kernel, bias, y, activation)


def backward_input(dy, kernel, dx, threads=1):
    """dx = dy @ kernel.T."""
    dx[...] = np.asarray(dy, np.float64) @ np.asarray(kernel, np.float64).T


def backward_kernel(x, dy, dkernel, threads=1):
    """dkernel (k, f), summed over samples and rows. The old dkernel does not count."""
    dkernel[...] = np.tensordot(np.asarray(x, np.float64), np.asarray(dy, np.float64), axes=([0, 1], [0, 1]))


def backward_bias(dy, dbias, threads=1):
    """dbias (f,): dy summed over samples and rows. The old dbias does not count."""
    dbias[...] = np.sum(dy, axis=(0, 1), dtype=np.float64)
