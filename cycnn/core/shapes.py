"""Shape arithmetic of windows: the only place that knows it.

With W input positions, a window of F (dilated: D * (F - 1) + 1), stride S and P zeros on each side there are
(W - F + 2P) / S + 1 output positions. `same` padding is TensorFlow's: ceil(W / S) outputs, and where the zeros do not
divide evenly the extra one goes to the bottom and to the right.
"""

import math
from typing import NamedTuple


class Window(NamedTuple):
    """One axis of a sliding window: how many outputs, and the zeros before and after the input."""

    size: int
    before: int
    after: int


def window(size, kernel, stride, dilation, padding):
    """Output size and padding of one axis. `size` may be None (unknown): then so is the output size."""
    reach = dilation * (kernel - 1) + 1
    if size is None:
        return Window(None, 0, 0)
    if padding == "valid":
        return Window((size - reach) // stride + 1 if size >= reach else 0, 0, 0)
    if padding == "causal":
        return Window((size - 1) // stride + 1, reach - 1, 0)
    out = -(-size // stride)
    total = max(0, (out - 1) * stride + reach - size)
    return Window(out, total // 2, total - total // 2)


def transposed(size, kernel, stride, dilation, padding, output_padding=None):
    """Output size of one axis of a transposed convolution, and how much of its whole result is cut off before and after
    that; a negative `after` is how many zeros come behind instead.

    The whole result has (size - 1) * stride + reach positions. `valid` keeps it, and adds zeros up to size * stride;
    `same` keeps size * stride, cut off evenly on both sides, the odd one after. With an `output_padding` the size is
    (size - 1) * stride + output_padding more than the reach (`valid`), or than the reach modulo 2 (`same`).
    """
    reach = dilation * (kernel - 1) + 1
    if size is None:
        return Window(None, 0, 0)
    whole = (size - 1) * stride + reach
    if padding == "valid":
        more = max(0, stride - reach) if output_padding is None else output_padding
        return Window(whole + more, 0, -more)
    out = size * stride if output_padding is None else (size - 1) * stride + reach % 2 + output_padding
    before = max(0, (whole - out) // 2)
    return Window(out, before, whole - out - before)


def adaptive(size, count):
    """(size of the widest window, stride) of `count` windows over one axis, where window k begins at k * size / count,
    rounded down, and ends at (k + 1) * size / count, rounded up. The stride is 0 where it is not the same for all."""
    if size % count == 0:
        return size // count, size // count
    return max(-(-(k + 1) * size // count) - k * size // count for k in range(count)), 0


def rows_of(shape):
    """(rows, columns) of one sample whose last axis are the columns; a sample that is one number is one column."""
    return (math.prod(shape[:-1]), shape[-1]) if shape else (1, 1)


def reshape(shape, target):
    """`target` with its one -1 filled in so that it holds as many elements as `shape`; None where it cannot. Of a shape
    with unknown lengths, which may be None, it is not known what the -1 stands for: None."""
    if None in shape:
        return tuple(None if d == -1 else d for d in target) if target.count(-1) <= 1 else None
    size = math.prod(shape)
    known = math.prod(d for d in target if d != -1)
    if -1 not in target:
        return tuple(target) if known == size else None
    if target.count(-1) > 1 or known == 0 or size % known:
        return None
    return tuple(size // known if d == -1 else d for d in target)
