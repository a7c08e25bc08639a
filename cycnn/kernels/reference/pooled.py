"""A convolution and max-pooling, one after the other. The packed kernel is the plain one, as in `conv`."""

import numpy as np

from cycnn.kernels.reference import conv, pool


def forward(x, packed, bias, y, argmax, kh, kw, sh, sw, dh, dw, ph, pw, relu, threads=1):
    """`conv.forward`, then `pool.max_forward` with windows side by side."""
    n, oh, ow, f = y.shape
    between = np.empty((n, oh * ph, ow * pw, f))
    conv.forward(x, packed, bias, between, kh, kw, sh, sw, dh, dw, 1, 0)
    pool.max_forward(between, y, argmax, ph, pw, ph, pw, 0, 0, relu)


def forward_winograd(x, packed, bias, y, argmax, kh, sh, dh, relu, threads=1):
    """`forward`: what Winograd's algorithm computes with fewer products."""
    forward(x, packed, bias, y, argmax, kh, 5, sh, 1, dh, 1, 2, 2, relu)


def backward_kernel(x, dy, argmax, dkernel, sh, sw, dh, dw, ph, pw, threads=1):
    """`pool.max_backward`, then `conv.backward_kernel`."""
    n, oh, ow, f = dy.shape
    between = np.empty((n, oh * ph, ow * pw, f))
    pool.max_backward(dy, argmax, between, ph, pw, ph, pw, 0, 0)
    conv.backward_kernel(x, between, dkernel, sh, sw, dh, dw, 1)
