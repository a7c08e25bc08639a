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


def embed(x, table, y, threads=1):
    """y[n, k] = table[x[n, k]]; NaN where there is no such row."""
    inside = (x >= 0) & (x < len(table))
    y[...] = np.where(inside[..., None], table[np.where(inside, x, 0).astype(int)], np.nan)


def embed_backward(x, dy, dtable, threads=1):
    """Row r is the sum of dy where x is r."""
    dtable[...] = 0
    inside = (x >= 0) & (x < len(dtable))
    np.add.at(dtable, x[inside].astype(int), dy[inside])
