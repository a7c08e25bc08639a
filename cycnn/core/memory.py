"""Aligned memory. Vectors of 64 bytes load twice as fast when they do not straddle two cache lines."""

import math

import numpy as np

ALIGNMENT = 64  # bytes: a cache line, and the widest vector


def aligned(size):
    """`size` bytes, rounded up to whole cache lines."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def empty(shape, dtype="float32"):
    """`np.empty` whose first element begins a cache line, with a line to spare behind the last."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    raw = np.empty(aligned(size) + 2 * ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def zeros(shape, dtype="float32"):
    """`empty`, filled with zeros."""
    array = empty(shape, dtype)
    array.fill(0)
    return array
