"""Rows of the user's arrays, picked and cast. `source` is an array of any type; the kernel gets its bytes, and reads
`dtype` and `stride` where this module asks the array itself."""

import numpy as np


def rows(source, rows, y, dtype=None, stride=None, threads=1):
    """y[k] = source[rows[k]]."""
    for k, row in enumerate(rows):
        y[k] = np.reshape(source[row], y[k].shape)


def labels(source, rows, y, dtype=None, stride=None, threads=1):
    """y[k] = source[rows[k]], fractions cut off."""
    for k, row in enumerate(rows):
        y[k] = np.trunc(np.reshape(source[row], y[k].shape))
