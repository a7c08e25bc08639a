"""Pooling over windows of (n, h, w, c) maps, and over whole maps (n, rows, c).

Window (oh, ow) sees rows [oh*sh - top, oh*sh - top + kh) and columns [ow*sw - left, ow*sw - left + kw); what lies
outside the map is not there. `argmax` is the place i * kw + j in the window, padding counted. With strides of 0, window
(oh, ow) of the (OH, OW) sees rows floor(oh h / OH) to ceil((oh + 1) h / OH), and columns likewise.
"""

import numpy as np


def max_forward(x, y, argmax, kh, kw, sh, sw, top, left, relu, threads=1):
    """Largest value of each window, or zero if that is larger and `relu` is set. The first maximum wins a tie, and the
    first NaN wins."""
    for (oh, ow), places in _windows(x.shape, y.shape, kh, kw, sh, sw, top, left):
        seen = np.stack([x[:, h, w] for h, w, _ in places])
        winner = np.argmax(seen, axis=0)  # NumPy: the first of equals, and NaN above everything
        y[:, oh, ow] = np.take_along_axis(seen, winner[None], axis=0)[0]
        if argmax is not None:
            argmax[:, oh, ow] = np.array([place for _, _, place in places])[winner]
    if relu:
        np.maximum(y, 0, out=y)


def max_backward(dy, argmax, dx, kh, kw, sh, sw, top, left, threads=1):
    """dy goes to the pixel that won its window; where windows overlap, dy adds up."""
    total = np.zeros(dx.shape)
    for (oh, ow), places in _windows(dx.shape, dy.shape, kh, kw, sh, sw, top, left):
        for h, w, place in places:
            total[:, h, w] += np.where(argmax[:, oh, ow] == place, dy[:, oh, ow], 0)
    dx[...] = total


def average_forward(x, y, kh, kw, sh, sw, top, left, threads=1):
    """Mean of each window over the pixels that lie in the map."""
    for (oh, ow), places in _windows(x.shape, y.shape, kh, kw, sh, sw, top, left):
        y[:, oh, ow] = np.mean([x[:, h, w] for h, w, _ in places], axis=0, dtype=np.float64)


def average_backward(dy, dx, kh, kw, sh, sw, top, left, threads=1):
    """dy in equal shares to the pixels of its window that lie in the map."""
    total = np.zeros(dx.shape)
    for (oh, ow), places in _windows(dx.shape, dy.shape, kh, kw, sh, sw, top, left):
        for h, w, _ in places:
            total[:, h, w] += np.asarray(dy[:, oh, ow], np.float64) / len(places)
    dx[...] = total


def sum_forward(x, y, kh, kw, sh, sw, top, left, threads=1):
    """Sum of each window."""
    for (oh, ow), places in _windows(x.shape, y.shape, kh, kw, sh, sw, top, left):
        y[:, oh, ow] = np.sum([x[:, h, w] for h, w, _ in places], axis=0, dtype=np.float64)


def sum_backward(dy, dx, kh, kw, sh, sw, top, left, threads=1):
    """dy to all pixels of its window that lie in the map."""
    total = np.zeros(dx.shape)
    for (oh, ow), places in _windows(dx.shape, dy.shape, kh, kw, sh, sw, top, left):
        for h, w, _ in places:
            total[:, h, w] += dy[:, oh, ow]
    dx[...] = total


def norm_forward(x, y, kh, kw, sh, sw, top, left, threads=1):
    """sqrt(sum of x^2) of each window."""
    sum_forward(np.square(x, dtype=np.float64), y, kh, kw, sh, sw, top, left)
    np.sqrt(y, out=y)


def norm_backward(x, y, dy, dx, kh, kw, sh, sw, top, left, threads=1):
    """dy x / y; nothing where y is 0."""
    share = np.divide(dy, y, out=np.zeros(y.shape), where=y != 0, dtype=np.float64)
    sum_backward(share, dx, kh, kw, sh, sw, top, left)
    dx *= x


def max_gather(x, argmax, y, kh, kw, sh, sw, top, left, threads=1):
    """The pixel of each window at the place `argmax`."""
    for (oh, ow), places in _windows(x.shape, y.shape, kh, kw, sh, sw, top, left):
        for h, w, place in places:
            y[:, oh, ow] = np.where(argmax[:, oh, ow] == place, x[:, h, w], y[:, oh, ow])


def global_max_forward(x, y, argmax, threads=1):
    """Largest value of each channel, and its row. The first maximum wins a tie, and the first NaN wins."""
    winner = np.argmax(x, axis=1)
    y[...] = np.take_along_axis(x, winner[:, None], axis=1)[:, 0]
    if argmax is not None:
        argmax[...] = winner


def global_max_backward(dy, argmax, dx, threads=1):
    """dy goes to the row that won its channel, zero elsewhere."""
    dx[...] = np.where(np.arange(dx.shape[1])[:, None] == argmax[:, None], dy[:, None], 0)


def global_average_forward(x, y, threads=1):
    """Mean of each channel."""
    y[...] = np.mean(x, axis=1, dtype=np.float64)


def global_average_backward(dy, dx, threads=1):
    """Every row gets dy / rows."""
    dx[...] = np.asarray(dy, np.float64)[:, None] / dx.shape[1]


def _windows(large, small, kh, kw, sh, sw, top, left):
    """((oh, ow), [(h, w, place), ...]) of every window: the pixels of the map that it sees, row by row."""
    _, height, width, _ = large
    for oh, ow in np.ndindex(small[1:3]):
        if sh == 0:
            rows, columns = _adaptive(oh, height, small[1]), _adaptive(ow, width, small[2])
            yield (oh, ow), [(h, w, i * kw + j) for i, h in enumerate(rows) for j, w in enumerate(columns)]
            continue
        places = [(oh * sh - top + i, ow * sw - left + j, i * kw + j) for i, j in np.ndindex(kh, kw)]
        yield (oh, ow), [(h, w, place) for h, w, place in places if 0 <= h < height and 0 <= w < width]


def _adaptive(k, length, count):
    """The pixels of window k of `count`, along a line of pixels."""
    return range(k * length // count, -(-(k + 1) * length // count))
