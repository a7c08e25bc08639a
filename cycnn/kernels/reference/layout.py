"""Where the pixels of maps lie: borders of zeros, the order of axes, and axes made longer or shorter."""

import numpy as np


def pad(x, y, top, left, threads=1):
    """x inside a border of zeros: `top` rows above, `left` columns before, the rest of y below and behind."""
    y[...] = 0
    y[:, top : top + x.shape[1], left : left + x.shape[2]] = x


def crop(x, y, top, left, threads=1):
    """The part of x that begins `top` rows down and `left` columns in, as large as y."""
    y[...] = x[:, top : top + y.shape[1], left : left + y.shape[2]]


def transpose(x, y, p0, p1, p2, p3, p4, threads=1):
    """Axis p of a sample of x (n, a0, a1, a2, a3, a4) becomes axis k of y, for the k-th p."""
    y[...] = np.transpose(x, (0, 1 + p0, 1 + p1, 1 + p2, 1 + p3, 1 + p4))


def resize_forward(x, y, linear, threads=1):
    """y[:, :, o] = sum over i of x[:, :, i] weight[o, i]."""
    y[...] = np.einsum("oi,nric->nroc", _weights(x.shape[2], y.shape[2], linear), x)


def resize_backward(dy, dx, linear, threads=1):
    """dx[:, :, i] = sum over o of dy[:, :, o] weight[o, i]."""
    dx[...] = np.einsum("oi,nroc->nric", _weights(dx.shape[2], dy.shape[2], linear), dy)


def _weights(length, out, linear):
    """What each pixel of a line gives to each of a line of another length (out, length). Centres are at 1/2, 3/2, ..."""
    place = (np.arange(out) + 0.5) * length / out - 0.5
    near = np.clip(place, 0, length - 1) if linear else np.floor(place + 0.5 + 1e-12)
    return np.maximum(0, 1 - np.abs(near[:, None] - np.arange(length)))  # a hat over each pixel


def copy(x, y, threads=1):
    """y = x."""
    y[...] = x


def zero(y, threads=1):
    """y = 0."""
    y[...] = 0
