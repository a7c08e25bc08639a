"""Sums and what else turns many elements into one, over one axis, several, or all."""

import math

import numpy as np

from cycnn import kernels
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation
from cycnn.ops import maths, shaping
from cycnn.ops.dtypes import INTEGER, floating
from cycnn.ops.elementwise import Affine, is_symbolic
from cycnn.ops.layout import Reshape
from cycnn.ops.primitive import composite, primitive, stop_gradient


def _axes(axis):
    """An argument `axis` as NumPy takes it."""
    return tuple(axis) if isinstance(axis, list) else axis


def order(rank, axis):
    """The axes that stay, and those that do not."""
    axes = list(range(rank)) if axis is None else [a % rank for a in np.atleast_1d(axis).tolist()]
    return [a for a in range(rank) if a not in axes], axes


def _kept(reduced, x, axis):
    """A reduced array with its axes of length 1 back, so that it broadcasts to x."""
    _, axes = order(x.ndim, axis)
    return np.reshape(reduced, [1 if a in axes else length for a, length in enumerate(x.shape)])


def _last(x, axis):
    """The axes joined into the last one."""
    rest, axes = order(x.ndim, axis)
    return np.transpose(x, rest + axes).reshape(*(x.shape[a] for a in rest), -1)


def _back(x, shape, axis):
    """What `_last` did, undone."""
    rest, axes = order(len(shape), axis)
    return np.transpose(x.reshape([shape[a] for a in rest + axes]), np.argsort(rest + axes))


def _summed(x):
    """x in the type of its sums: small integers become int32."""
    small = x.dtype.kind in "iub" and x.dtype.itemsize < INTEGER.itemsize
    return x.astype(INTEGER) if small else x


class Mean(Operation):
    """The mean over the first `count` axes of a sample."""

    def __init__(self, count):
        self.count = count

    def memory(self, x):
        return Memory(TensorSpec((None, *x.sample[self.count :])))

    def flops(self, x):
        return x.size

    def _rows(self, x):
        rows = math.prod(x.shape[: self.count])
        return x.view(rows, x.size // rows)

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.pool.global_average_forward, self._rows(x), y.view(y.size))

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            emit(kernels.pool.global_average_backward, dy.view(dy.size), self._rows(dx))


def _mean(x, axis=None, keepdims=False, total=False):
    """By the kernel where the axes are the first of a sample; their sum is so many times that."""
    if axis is None or not is_symbolic(x) or None in x.spec.sample:
        return NotImplemented
    axes = [a + x.ndim if a < 0 else a for a in np.atleast_1d(axis).tolist()]
    if not axes or sorted(axes) != list(range(1, 1 + len(axes))) or len(axes) >= x.ndim:
        return NotImplemented
    y = Mean(len(axes)).record(x)
    if total:
        y = Affine(math.prod(x.spec.sample[: len(axes)]), 0.0).record(y)
    return Reshape((*[1] * len(axes), *y.spec.sample)).record(y) if keepdims else y


@primitive(shortcut=lambda x, axis=None, keepdims=False: _mean(x, axis, keepdims, total=True))
def sum(x, axis=None, keepdims=False):  # noqa: A001
    """The sum over axes.

    Args:
        x: array.
        axis: integer, tuple of integers, or None for all.
        keepdims: whether the axes stay, with length 1.
    """
    axis, x = _axes(axis), _summed(np.asarray(x))
    return np.sum(x, axis, x.dtype, keepdims=keepdims), lambda d: np.broadcast_to(_kept(d, x, axis), x.shape)


@primitive(shortcut=_mean)
def mean(x, axis=None, keepdims=False):
    """The mean over axes. Arguments as in `sum`."""
    axis, (x,) = _axes(axis), floating(x)
    count = np.asarray(math.prod(x.shape[a] for a in order(x.ndim, axis)[1]), x.dtype)
    return np.mean(x, axis, keepdims=keepdims), lambda d: np.broadcast_to(_kept(d / count, x, axis), x.shape)


@composite
def average(x, axis=None, weights=None):
    """The mean over an axis, weighted where weights are given.

    Args:
        x: array.
        axis: integer or None.
        weights: array of x's shape, or a vector along the axis.
    """
    if weights is None:
        return mean(x, axis)
    if len(np.shape(weights)) == 1 and axis is not None:
        weights = shaping.reshape(weights, [-1 if a == axis % len(x.shape) else 1 for a in range(len(x.shape))])
    weights = shaping.broadcast_to(weights, x.shape)
    return maths.divide(sum(maths.multiply(x, weights), axis), sum(weights, axis))


@primitive()
def prod(x, axis=None, keepdims=False, dtype=None):
    """The product over axes. Arguments as in `sum`, and the type of the result."""
    axis, x = _axes(axis), _summed(np.asarray(x)) if dtype is None else np.asarray(x).astype(dtype)

    def slope(d):
        """The product of the others, which a quotient does not give where one is 0."""
        moved = _last(x, axis)
        ones = np.ones_like(moved[..., :1])
        before = np.cumprod(np.concatenate([ones, moved[..., :-1]], -1), -1)
        behind = np.cumprod(np.concatenate([ones, moved[..., :0:-1]], -1), -1)[..., ::-1]
        others = _back(before * behind, x.shape, axis)
        return others * _kept(d, x, axis)

    return np.prod(x, axis, x.dtype, keepdims=keepdims), slope


def _extreme(function, x, axis, keepdims, initial):
    """The largest or smallest; those that are equal to it share the gradient."""
    axis, x = _axes(axis), np.asarray(x)
    y = function(x, axis, keepdims=keepdims)
    if initial is not None:
        y = function([y, np.full_like(y, initial)], 0)

    def slope(d):
        here = x == _kept(y, x, axis)
        return here * (_kept(d, x, axis) / np.maximum(1, here.sum(axis, keepdims=True)).astype(x.dtype))

    return y, slope


@primitive()
def max(x, axis=None, keepdims=False, initial=None):  # noqa: A001
    """The largest element over axes; elements that are equally large share the gradient.

    Args:
        x: array.
        axis: integer, tuple of integers, or None for all.
        keepdims: whether the axes stay, with length 1.
        initial: what the result is at least.
    """
    return _extreme(np.max, x, axis, keepdims, initial)


@primitive()
def min(x, axis=None, keepdims=False, initial=None):  # noqa: A001
    """The smallest element over axes; elements that are equally small share the gradient. Arguments as in `max`."""
    return _extreme(np.min, x, axis, keepdims, initial)


def amax(x, axis=None, keepdims=False):
    """The largest element over axes."""
    return max(x, axis, keepdims)


def amin(x, axis=None, keepdims=False):
    """The smallest element over axes."""
    return min(x, axis, keepdims)


@composite
def var(x, axis=None, keepdims=False):
    """The variance over axes: the mean square of the distances from the mean. Arguments as in `sum`."""
    return mean(maths.square(maths.subtract(x, mean(x, axis, keepdims=True))), axis, keepdims)


@composite
def std(x, axis=None, keepdims=False):
    """The standard deviation over axes. Arguments as in `sum`."""
    return maths.sqrt(var(x, axis, keepdims))


def moments(x, axes, keepdims=False, synchronized=False):
    """The mean and the variance over axes.

    Args:
        x: array.
        axes: integer or tuple of integers.
        keepdims: whether the axes stay, with length 1.
        synchronized: accepted; there are no replicas to be averaged over.

    Returns:
        `(mean, variance)`.
    """
    return mean(x, axes, keepdims), var(x, axes, keepdims)


@composite
def logsumexp(x, axis=None, keepdims=False):
    """log(sum(eˣ)) over axes, shifted so that nothing overflows. Arguments as in `sum`."""
    largest = stop_gradient(max(x, axis, keepdims=True))
    largest = maths.where(maths.isfinite(largest), largest, 0.0)
    y = maths.add(maths.log(sum(maths.exp(maths.subtract(x, largest)), axis, keepdims=True)), largest)
    return y if keepdims else sum(y, axis)


@primitive()
def floats(x):
    """x as floating point numbers."""
    return *floating(x), lambda d: d


@primitive()
def any(x, axis=None, keepdims=False):  # noqa: A001
    """Whether something is not 0 over axes."""
    return np.any(x, _axes(axis), keepdims=keepdims)


@primitive()
def all(x, axis=None, keepdims=False):  # noqa: A001
    """Whether nothing is 0 over axes."""
    return np.all(x, _axes(axis), keepdims=keepdims)


@primitive()
def count_nonzero(x, axis=None):
    """How many elements are not 0 over axes: int32."""
    return np.asarray(np.count_nonzero(x, _axes(axis))).astype(INTEGER)


@primitive()
def argmax(x, axis=None, keepdims=False):
    """The place of the largest element along an axis, or in the flattened array: int32. The first wins a tie."""
    return np.argmax(x, axis, keepdims=keepdims).astype(INTEGER)


@primitive()
def argmin(x, axis=None, keepdims=False):
    """The place of the smallest element along an axis, or in the flattened array: int32. The first wins a tie."""
    return np.argmin(x, axis, keepdims=keepdims).astype(INTEGER)


@composite
def median(x, axis=None, keepdims=False):
    """The middle element over axes, or the mean of the two that are. Arguments as in `sum`."""
    x, rank = floats(x), len(x.shape)
    rest, axes = order(rank, axis)
    kept = [x.shape[a] for a in rest]
    rising = sort(shaping.reshape(shaping.transpose(x, rest + axes), [*kept, -1]))
    count = rising.shape[-1]
    y = mean(shaping.get_item(rising, (..., slice((count - 1) // 2, count // 2 + 1))), -1)
    return shaping.expand_dims(y, tuple(axes)) if keepdims else y


@primitive()
def cumsum(x, axis=None, dtype=None):
    """The sums of the elements so far, along an axis or in the flattened array."""
    x = np.asarray(x)
    dtype = dtype or (INTEGER if x.dtype.kind == "b" else x.dtype)

    def slope(d):
        if axis is None:
            return np.cumsum(d[::-1])[::-1].reshape(x.shape)
        return np.flip(np.cumsum(np.flip(d, axis), axis), axis)

    return np.cumsum(x, axis, dtype), slope


@primitive()
def cumprod(x, axis=None, dtype=None):
    """The products of the elements so far, along an axis or in the flattened array."""
    x = np.asarray(x)

    def slope(d):
        """Of one element after the other: the products with 1 in its place."""
        moved, d = (x.ravel(), d) if axis is None else (np.moveaxis(x, axis, -1), np.moveaxis(d, axis, -1))
        dx = np.empty_like(d)
        for k in range(moved.shape[-1]):
            others = moved.copy()
            others[..., k] = 1
            dx[..., k] = (np.cumprod(others, -1)[..., k:] * d[..., k:]).sum(-1)
        return dx.reshape(x.shape) if axis is None else np.moveaxis(dx, -1, axis)

    return np.cumprod(x, axis, dtype or (INTEGER if x.dtype.kind == "b" else x.dtype)), slope


@composite
def diff(a, n=1, axis=-1):
    """The differences of neighbours along an axis, n times over."""
    ahead = [slice(None)] * len(a.shape)
    behind = list(ahead)
    ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
    for _ in range(n):
        a = maths.subtract(shaping.get_item(a, tuple(ahead)), shaping.get_item(a, tuple(behind)))
    return a


@primitive()
def sort(x, axis=-1):
    """The elements in rising order along an axis."""
    order = np.argsort(x, axis, kind="stable")

    def slope(d):
        dx = np.empty_like(d)
        np.put_along_axis(dx, order, d, axis)
        return dx

    return np.take_along_axis(x, order, axis), slope


@primitive()
def argsort(x, axis=-1):
    """The places of the elements in rising order along an axis: int32. Equal ones keep their order."""
    return np.argsort(x, axis, kind="stable").astype(INTEGER)
