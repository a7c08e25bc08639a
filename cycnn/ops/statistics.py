"""Quantiles, reductions that leave NaN out, correlations, counts, and searches."""

import builtins
import math

import numpy as np

from cycnn.ops import maths, products, reductions, shaping
from cycnn.ops.dtypes import FLOAT, INTEGER, floating
from cycnn.ops.primitive import composite, constant, primitive

# ---------------------------------------------------------------------------------------------------- quantiles

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


@composite
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The values below which shares of the elements lie; NaN where one of the elements is.

    Args:
        x: array.
        q: a share from 0 to 1, or a vector of them, whose axis then comes first.
        axis: integer, tuple of integers, or None for all.
        method: between two elements `"linear"`, `"lower"`, `"higher"`, `"midpoint"` or `"nearest"`.
        keepdims: whether the axes stay, with length 1.
    """
    return _quantiles(x, q, axis, method, keepdims, False)


@composite
def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` of the elements that are not NaN."""
    return _quantiles(x, q, axis, method, keepdims, True)


def percentile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` for shares from 0 to 100."""
    return quantile(x, _shares(q) / 100, axis, method, keepdims)


def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """`nanquantile` for shares from 0 to 100."""
    return nanquantile(x, _shares(q) / 100, axis, method, keepdims)


def nanmedian(x, axis=None, keepdims=False):
    """The middle one of the elements that are not NaN, or the mean of the two that are."""
    return nanquantile(x, 0.5, axis, "linear", keepdims)


def _shares(q):
    """q in float64, so that 0.6 of 5 is 3."""
    return np.asarray(constant(q, "q") if hasattr(q, "dtype") else q, np.float64)


def _quantiles(x, q, axis, method, keepdims, skip):
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {METHODS}. Received: method={method!r}.")
    x, q = reductions.floats(x), _shares(q)
    rest, axes = reductions.order(len(x.shape), axis)
    kept = [x.shape[a] for a in rest]
    rising = reductions.sort(shaping.reshape(shaping.transpose(x, rest + axes), [*kept, -1]))
    missing = np.isnan(shaping.convert_to_numpy(rising))  # NaN come last
    count = rising.shape[-1] - missing.sum(-1, keepdims=True) * skip
    place = np.maximum(count - 1, 0) * q.reshape(-1)  # (..., shares)
    low, high = np.floor(place), np.ceil(place)
    share = {
        "linear": place - low,
        "lower": np.zeros_like(place),
        "higher": high - low,
        "midpoint": (high - low) / 2,
        "nearest": np.round(place) - low,
    }[method].astype(x.dtype)
    below, above = (shaping.take_along_axis(rising, index.astype(np.int64), -1) for index in (low, high))
    y = maths.add(below, maths.multiply(maths.where(share == 0, 0.0, maths.subtract(above, below)), share))
    if not skip:
        y = maths.where(missing.any(-1, keepdims=True), math.nan, y)
    y = shaping.moveaxis(y, -1, 0)
    if keepdims:
        y = shaping.expand_dims(y, [1 + a for a in sorted(axes)])
    return shaping.reshape(y, (*q.shape, *y.shape[1:]))


@composite
def ptp(x, axis=None, keepdims=False):
    """The largest element minus the smallest, over axes."""
    return maths.subtract(reductions.max(x, axis, keepdims), reductions.min(x, axis, keepdims))


# ------------------------------------------------------------------------------------- reductions that leave NaN out


def _instead(x, value):
    """x with a value in the place of NaN."""
    return maths.where(maths.isnan(x), value, x)


@composite
def nansum(x, axis=None, keepdims=False):
    """The sum of what is not NaN. Arguments as in `sum`."""
    return reductions.sum(_instead(x, 0), axis, keepdims)


@composite
def nanprod(x, axis=None, keepdims=False):
    """The product of what is not NaN. Arguments as in `sum`."""
    return reductions.prod(_instead(x, 1), axis, keepdims)


@composite
def nanmean(x, axis=None, keepdims=False):
    """The mean of what is not NaN. Arguments as in `sum`."""
    x = reductions.floats(x)
    there = reductions.sum(maths.logical_not(maths.isnan(x)), axis, keepdims)
    return maths.divide(nansum(x, axis, keepdims), there)


@composite
def nanvar(x, axis=None, keepdims=False):
    """The variance of what is not NaN. Arguments as in `sum`."""
    missing, x = maths.isnan(x), reductions.floats(x)
    away = maths.where(missing, 0.0, maths.subtract(_instead(x, 0.0), nanmean(x, axis, keepdims=True)))
    there = reductions.sum(maths.logical_not(missing), axis, keepdims)
    return maths.divide(reductions.sum(maths.square(away), axis, keepdims), there)


@composite
def nanstd(x, axis=None, keepdims=False):
    """The standard deviation of what is not NaN. Arguments as in `sum`."""
    return maths.sqrt(nanvar(x, axis, keepdims))


@composite
def nanmax(x, axis=None, keepdims=False):
    """The largest of what is not NaN; NaN where nothing is. Arguments as in `sum`."""
    return _of_the_rest(reductions.max, -math.inf, x, axis, keepdims)


@composite
def nanmin(x, axis=None, keepdims=False):
    """The smallest of what is not NaN; NaN where nothing is. Arguments as in `sum`."""
    return _of_the_rest(reductions.min, math.inf, x, axis, keepdims)


def _of_the_rest(function, least, x, axis, keepdims):
    if np.dtype(shaping.convert_to_tensor(x).dtype).kind != "f":
        return function(x, axis, keepdims)
    nothing = reductions.all(maths.isnan(x), axis, keepdims)
    return maths.where(nothing, math.nan, function(_instead(x, least), axis, keepdims))


@primitive()
def nanargmax(x, axis=None, keepdims=False):
    """The place of the largest of what is not NaN, int32; -1 where nothing is."""
    return _place(np.argmax, -math.inf, x, axis, keepdims)


@primitive()
def nanargmin(x, axis=None, keepdims=False):
    """The place of the smallest of what is not NaN, int32; -1 where nothing is."""
    return _place(np.argmin, math.inf, x, axis, keepdims)


def _place(function, least, x, axis, keepdims):
    missing = np.isnan(x)
    found = function(np.where(missing, least, x), axis, keepdims=keepdims)
    return np.where(missing.all(axis, keepdims=keepdims), -1, found).astype(INTEGER)


@composite
def nancumsum(x, axis=None, dtype=None):
    """The sums of the elements so far, NaN counting 0."""
    return reductions.cumsum(_instead(x, 0), axis, dtype)


@composite
def nancumprod(x, axis=None, dtype=None):
    """The products of the elements so far, NaN counting 1."""
    return reductions.cumprod(_instead(x, 1), axis, dtype)


# ------------------------------------------------------------------------------------- correlations, distances, areas


@composite
def corrcoef(x):
    """The coefficients of correlation between the rows of a matrix.

    Args:
        x: array (variables, observations); a vector is one variable.
    """
    x = reductions.floats(x)
    x = x if len(x.shape) > 1 else shaping.reshape(x, (1, -1))
    away = maths.subtract(x, reductions.mean(x, -1, keepdims=True))
    covariance = products.matmul(away, shaping.swapaxes(away, -1, -2))
    spread = maths.sqrt(reductions.sum(maths.square(away), -1))
    y = maths.divide(covariance, products.outer(spread, spread))
    return y if y.shape != (1, 1) else shaping.reshape(y, ())


@composite
def correlate(x1, x2, mode="valid"):
    """The sums of products of a vector with another one that slides along it.

    Args:
        x1, x2: vectors; the shorter one slides.
        mode: `"valid"` (where they overlap wholly), `"same"` (as long as the longer one) or `"full"`.
    """
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"`mode` must be 'valid', 'same' or 'full'. Received: mode={mode!r}.")
    m, n = shaping.size(x1), shaping.size(x2)
    padded = shaping.pad(x1, ((n - 1, n - 1),))
    places = np.arange(m + n - 1)[:, None] + np.arange(n)
    y = products.matmul(shaping.take(padded, places), x2)
    long, short = builtins.max(m, n), builtins.min(m, n)
    if mode == "full":
        return y
    first, length = (short - 1, long - short + 1) if mode == "valid" else ((short - (m >= n)) // 2, long)
    return shaping.get_item(y, builtins.slice(first, first + length))


@composite
def cdist(x, y):
    """The Euclidean distances of the rows of x from those of y: (..., rows of x, rows of y)."""
    if builtins.min(shaping.ndim(x), shaping.ndim(y)) < 2 or shaping.shape(x)[-1] != shaping.shape(y)[-1]:
        raise ValueError(
            "`cdist` takes arrays of at least two axes, whose last axes have one length. "
            f"Received: shapes {shaping.shape(x)} and {shaping.shape(y)}."
        )
    away = maths.subtract(shaping.expand_dims(x, -2), shaping.expand_dims(y, -3))
    square = reductions.sum(maths.square(away), -1)
    same = maths.equal(square, 0)
    return maths.where(same, 0.0, maths.sqrt(maths.where(same, 1.0, square)))


@composite
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The area under a curve, by trapezoids.

    Args:
        y: array, heights along an axis.
        x: their places, a vector or an array like y.
        dx: the distance of neighbours where x is None.
        axis: integer.
    """
    y = shaping.moveaxis(reductions.floats(y), axis, -1)
    if x is not None:
        x = shaping.moveaxis(x, axis, -1) if shaping.ndim(x) > 1 else x
        dx = reductions.diff(shaping.convert_to_tensor(x))
    ahead = shaping.get_item(y, (..., builtins.slice(1, None)))
    behind = shaping.get_item(y, (..., builtins.slice(None, -1)))
    return reductions.sum(maths.multiply(maths.add(ahead, behind), maths.divide(dx, 2.0)), -1)


# -------------------------------------------------------------------------------------------------- counts, searches


def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each of the numbers 0, 1, ... occurs, along the last axis.

    Args:
        x: integers (n,) or (samples, n).
        weights: array like x of what each of them counts, or None.
        minlength: the least length of the result.
        sparse: False.
    """
    if sparse:
        raise ValueError("There are dense arrays only. Received: sparse=True.")
    length = builtins.max(int(minlength), 1 + int(np.max(shaping.convert_to_numpy(x), initial=-1)))
    return _bincount(x, 1 if weights is None else weights, length)


@primitive(2)
def _bincount(x, weights, length):
    x, weights = np.asarray(x).astype(np.int64), np.asarray(weights)
    dtype = INTEGER if weights.dtype.kind in "iub" else weights.dtype
    y = np.zeros((*x.shape[:-1], length), dtype)
    place = (*tuple(np.indices(x.shape, sparse=True))[:-1], x)
    np.add.at(y, place, weights)
    return y, None, lambda d: d[place]


@primitive(2)
def digitize(x, bins):
    """The number of the bin that each element falls into, int32: how many bounds are at most as large.

    Args:
        x: array.
        bins: rising vector of the bins' lower bounds.
    """
    return np.digitize(x, bins).astype(INTEGER)


@primitive(2)
def searchsorted(sorted_sequence, values, side="left"):
    """Where values belong in a rising vector, so that it keeps rising: int32.

    Args:
        sorted_sequence: rising vector.
        values: array.
        side: of equal elements, before (`"left"`) or behind (`"right"`) them.
    """
    if np.ndim(sorted_sequence) != 1:
        raise ValueError(f"`sorted_sequence` must be a vector. Received: shape {np.shape(sorted_sequence)}.")
    return np.searchsorted(sorted_sequence, values, side).astype(INTEGER)


def histogram(x, bins=10, range=None):  # noqa: A002
    """How many elements fall into each of several bins of one width.

    Args:
        x: array.
        bins: their number.
        range: `(low, high)`, the bounds; the smallest and largest element where it is None.

    Returns:
        `(counts, edges)`: float32 (bins,) and (bins + 1,).
    """
    if range is not None and (len(range) != 2 or range[1] < range[0]):
        raise ValueError(f"`range` must be (low, high). Received: range={range}.")
    (x,) = floating(constant(x, "x"))
    counts, edges = np.histogram(x, int(bins), range)
    return counts.astype(FLOAT), edges.astype(x.dtype)


def unique(
    x,
    sorted=True,  # noqa: A002
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """The different elements, in rising order.

    Args:
        x: array.
        sorted: accepted; the order is always the rising one.
        return_index: whether the places are returned where each occurs first.
        return_inverse: whether the numbers are returned that put x together again.
        return_counts: whether it is returned how often each occurs.
        axis: along which whole slices are compared; None compares elements.
        size: cut the result to this length, or fill it up.
        fill_value: what it is filled up with; the first of the different elements where it is None.

    Returns:
        An array, or a tuple with what was asked for; numbers are int32.
    """
    x = constant(x, "x")
    values, index, inverse, counts = np.unique(x, True, True, True, axis)
    inverse = inverse.reshape(x.shape if axis is None else -1)
    if size is not None:
        place, count = axis or 0, len(index)
        behind = np.arange(size) >= count  # what fills up
        chosen = np.where(behind, 0, np.arange(size))
        values, index, counts = np.take(values, chosen, place), index[chosen], np.where(behind, 0, counts[chosen])
        if fill_value is not None:
            np.moveaxis(values, place, 0)[behind] = fill_value
    asked = [part.astype(INTEGER) for part, wanted in ((index, return_index), (inverse, return_inverse)) if wanted]
    asked += [counts.astype(INTEGER)] if return_counts else []
    return (values, *asked) if asked else values


@primitive()
def argpartition(x, kth, axis=-1):
    """The places of the elements, those of the `kth` smallest first: int32. Nothing else is sorted."""
    return np.argpartition(x, kth, axis).astype(INTEGER)


def unravel_index(indices, shape):
    """Numbers of elements of a flattened array as places: a tuple with an array for each axis of `shape`."""
    indices = shaping.convert_to_numpy(shaping.convert_to_tensor(indices))
    size = math.prod(shape)
    return tuple(
        part.astype(indices.dtype) for part in np.unravel_index(np.where(indices < 0, indices + size, indices), shape)
    )


# ----------------------------------------------------------------------------------------------- parts of one length


def _segments(data, segment_ids, num_segments):
    """(data, ids, number): negative ids belong nowhere."""
    ids = np.asarray(segment_ids).astype(np.int64)
    if ids.ndim != 1:
        raise ValueError(f"`segment_ids` must be a vector. Received: shape {ids.shape}.")
    count = int(num_segments) if num_segments is not None else 1 + int(ids.max(initial=-1))
    return np.asarray(data), ids, (ids >= 0) & (ids < count), count


@primitive(2)
def segment_sum(data, segment_ids, num_segments=None, sorted=False):  # noqa: A002
    """The sums of slices along the first axis that have one number.

    Args:
        data: array.
        segment_ids: the number of each slice: integers; those below 0 count nowhere.
        num_segments: how many results; one more than the largest number where it is None.
        sorted: accepted; whether the numbers rise does not matter.
    """
    x, ids, here, count = _segments(data, segment_ids, num_segments)
    y = np.zeros((count, *x.shape[1:]), x.dtype)
    np.add.at(y, ids[here], x[here])

    def slope(d):
        dx = np.zeros(x.shape, d.dtype)
        dx[here] = d[ids[here]]
        return dx

    return y, slope, None


@primitive(2)
def segment_prod(data, segment_ids, num_segments=None, sorted=False):  # noqa: A002
    """The products of slices along the first axis that have one number. Arguments as in `segment_sum`."""
    x, ids, here, count = _segments(data, segment_ids, num_segments)
    y = np.ones((count, *x.shape[1:]), x.dtype)
    np.multiply.at(y, ids[here], x[here])

    def slope(d):
        """The product of the others, which a quotient does not give where one is 0."""
        dx = np.zeros(x.shape, d.dtype)
        for row in np.flatnonzero(here):
            others = (ids == ids[row]) & (np.arange(len(ids)) != row)
            dx[row] = d[ids[row]] * x[others].prod(0)
        return dx

    return y, slope, None


@primitive(2)
def segment_max(data, segment_ids, num_segments=None, sorted=False):  # noqa: A002
    """The largest of slices along the first axis that have one number. Arguments as in `segment_sum`."""
    return _segment_extreme(np.maximum, data, segment_ids, num_segments)


@primitive(2)
def segment_min(data, segment_ids, num_segments=None, sorted=False):  # noqa: A002
    """The smallest of slices along the first axis that have one number. Arguments as in `segment_sum`."""
    return _segment_extreme(np.minimum, data, segment_ids, num_segments)


def _segment_extreme(function, data, segment_ids, num_segments):
    """Elements that are equally large share the gradient; a number without slices has the worst value of its type."""
    x, ids, here, count = _segments(data, segment_ids, num_segments)
    limits = (-math.inf, math.inf) if x.dtype.kind == "f" else (np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)
    y = np.full((count, *x.shape[1:]), limits[function is np.minimum], x.dtype)
    function.at(y, ids[here], x[here])

    def slope(d):
        won = x[here] == y[ids[here]]
        winners = np.zeros(y.shape, d.dtype)
        np.add.at(winners, ids[here], won)
        dx = np.zeros(x.shape, d.dtype)
        dx[here] = won * d[ids[here]] / winners[ids[here]]
        return dx

    return y, slope, None
