"""Several maps into one: sums, products and extremes of two, the same values many times, and maps side by side."""

import numpy as np

from cycnn.kernels.reference import elementwise

_FUNCTIONS = (np.add, np.subtract, np.multiply, np.maximum, np.minimum)  # in the order of the kernel's `KINDS`


def combine(a, b, y, kind, activation=0, threads=1):
    """y = a + b, a - b, a * b, or the larger or smaller of a and b, repeated, and an activation of that. NaN wins."""
    b = np.tile(b, (1, a.shape[1] // b.shape[1]))
    elementwise.activate(_FUNCTIONS[kind](a.astype(np.float64), b.astype(np.float64)), y, activation, 0, 0, 0)


def maximum_backward(a, b, dy, da, db, threads=1):
    """dy goes to the larger of a and b, half of it to each where they are equal."""
    for gradient, here, there in ((da, a, b), (db, b, a)):
        if gradient is not None:
            gradient[...] = np.where(here > there, dy, 0) + np.where(here == there, dy / 2, 0)


def repeat(x, y, threads=1):
    """y[n, i, k, j] = x[n, i, j] for every k."""
    y[...] = x[:, :, None, :]


def repeat_backward(dy, weight, dx, threads=1):
    """dx[n, i, j] = the sum over k of dy[n, i, k, j] * weight[n, i, k, j]."""
    dx[...] = (dy * np.float64(1 if weight is None else weight)).sum(axis=2)


def join(x, y, at, threads=1):
    """x becomes the columns of y (n, rows, width) from `at` on."""
    y[:, :, at : at + x.shape[2]] = x


def split(x, y, at, threads=1):
    """y = the columns of x from `at` on."""
    y[...] = x[:, :, at : at + y.shape[2]]
