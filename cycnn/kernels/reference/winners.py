"""Gradients of a convolution with max-pooling behind it: spread over the map first, then as of any convolution."""

import numpy as np

from cycnn.kernels.reference import conv, pool


def _spread(dy, argmax, ph, pw):
    n, oh, ow, f = dy.shape
    between = np.empty((n, oh * ph, ow * pw, f))
    pool.max_backward(dy, argmax, between, ph, pw, ph, pw, 0, 0)
    return between


def backward_kernel(x, dy, argmax, dkernel, workspace, sh, sw, dh, dw, ph, pw, threads=1):
    """`pool.max_backward`, then `conv.backward_kernel`, filter by filter; what is behind a place's channels is zero."""
    (f, kh, kw, _), c = dkernel.shape, x.shape[3]
    plain = np.empty((kh, kw, c, f))
    conv.backward_kernel(x, _spread(dy, argmax, ph, pw), plain, sh, sw, dh, dw, 1)
    dkernel[..., :c] = plain.transpose(3, 0, 1, 2)
    dkernel[..., c:] = 0


def reduce(partial, dkernel, threads=1):
    """The sum over groups, (f, places, pixel) as (places, c, f)."""
    dkernel[:] = partial.sum(axis=0)[..., : dkernel.shape[1]].transpose(1, 2, 0)


def pack(kernel, packed, threads=1):
    """(kh, kw, c, f) as (f, kh, kw, c), each place with zeros up to its share of the floats."""
    kh, kw, c, f = kernel.shape
    wide = packed.reshape(f, kh, kw, -1)
    wide[..., :c] = kernel.transpose(3, 0, 1, 2)
    wide[..., c:] = 0


def backward_input(dy, argmax, packed, dx, workspace, kh, kw, sh, sw, dh, dw, ph, pw, top, left, threads=1):
    """`pool.max_backward`, then `conv.backward_input`, whose packed kernel is the plain one."""
    f, c = dy.shape[3], dx.shape[3]
    kernel = packed.reshape(f, kh, kw, -1)[..., :c].transpose(1, 2, 3, 0)
    conv.backward_input(_spread(dy, argmax, ph, pw), kernel, dx, kh, kw, sh, sw, dh, dw, top, left, 1)
