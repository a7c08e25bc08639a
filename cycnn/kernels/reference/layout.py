"""Moving maps without changing a value: borders of zeros, and the order of axes."""

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


def copy(x, y, threads=1):
    """y = x."""
    y[...] = x
