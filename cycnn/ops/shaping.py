"""Where elements lie: shapes, parts, joins, repetitions. And new arrays."""

import builtins
import math

import numpy as np

from cycnn.core import shapes
from cycnn.core.variable import Variable
from cycnn.engine.graph import SymbolicTensor
from cycnn.ops import layout
from cycnn.ops.dtypes import as_array, promote, result_type, standardize
from cycnn.ops.elementwise import is_symbolic
from cycnn.ops.primitive import primitive
from cycnn.ops.symbolic import Whole
from cycnn.ops.tape import Tensor, value_of

_slice = builtins.slice

# ---------------------------------------------------------------------------------------------------- as arrays


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """The array of a value: Python's numbers become float32 and int32, a `Variable` a copy of its values.

    Args:
        x: array-like, tensor or variable. Tensors stay what they are.
        dtype: type of the result, or None.
        sparse, ragged: accepted where they are not true.
    """
    if sparse or ragged:
        raise ValueError(f"There are dense arrays only. Received: sparse={sparse}, ragged={ragged}.")
    if isinstance(x, (Tensor, SymbolicTensor, Whole)):
        return x if dtype is None else cast(x, dtype)
    return cast(x, x.dtype if dtype is None else dtype) if isinstance(x, Variable) else as_array(x, dtype)


def array(x, dtype=None):
    """The array of a value. Arguments as in `convert_to_tensor`."""
    return convert_to_tensor(x, dtype)


def convert_to_numpy(x):
    """The NumPy array of a value, tensor or variable."""
    return x.numpy() if isinstance(x, (Tensor, Variable)) else np.asarray(x)


def is_tensor(x):
    """Whether x is an array or a tensor."""
    return isinstance(x, (np.ndarray, Tensor, SymbolicTensor))


def shape(x):
    """The shape, a tuple; None stands for the samples of a symbolic tensor."""
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def ndim(x):
    """The number of axes."""
    return len(shape(x))


def size(x):
    """The number of elements; None for a symbolic tensor, which holds any number of samples."""
    return None if None in shape(x) else math.prod(shape(x))


@primitive(shortcut=lambda x, dtype: x if np.dtype(standardize(dtype)).name == x.dtype else NotImplemented)
def cast(x, dtype):
    """The same values as another type. Gradients pass between floating point types."""
    return np.asarray(x).astype(standardize(dtype)), lambda d: d


@primitive()
def copy(x):
    """The same values in new memory."""
    return np.array(x), lambda d: d


# -------------------------------------------------------------------------------------------------- other shapes


def _reshape(x, newshape):
    """The sample axis comes first (-1, or None), and each sample keeps its elements."""
    if not isinstance(x, SymbolicTensor):
        return NotImplemented
    first, *target = newshape if np.ndim(newshape) else (newshape,)
    if first not in (-1, None):
        return NotImplemented
    target = [-1 if length is None else int(length) for length in target]
    if None in x.spec.sample:  # what may be told from it, when it is known, is any number of lengths
        found = tuple(None if length == -1 else length for length in target)
    else:
        found = shapes.reshape(x.spec.sample, target)
    return NotImplemented if found is None else layout.Reshape(found).record(x)


@primitive(shortcut=_reshape)
def reshape(x, newshape):
    """The same elements in another shape.

    Args:
        x: array.
        newshape: tuple of integers, one of which may be -1. That of a symbolic tensor begins with -1 or None, for the
            samples.
    """
    x = np.asarray(x)
    newshape = [-1 if length is None else int(length) for length in (newshape if np.ndim(newshape) else (newshape,))]
    return x.reshape(newshape), lambda d: d.reshape(x.shape)


def ravel(x):
    """All elements in one axis."""
    return reshape(x, (-1,))


def _transpose(x, axes=None):
    axes = [a % x.ndim for a in axes] if axes is not None else []
    return (
        layout.Transpose(axes[1:]).record(x)
        if axes[:1] == [0] and sorted(axes) == list(range(x.ndim))
        else NotImplemented
    )


@primitive(shortcut=_transpose)
def transpose(x, axes=None):
    """The axes in another order, the reverse one where none is given."""
    return np.transpose(x, axes), lambda d: np.transpose(
        d, None if axes is None else np.argsort([a % d.ndim for a in axes])
    )


def moveaxis(x, source, destination):
    """Axes moved to other places; the others keep their order."""
    rank = ndim(x)
    source, destination = ([a % rank for a in np.atleast_1d(axes).tolist()] for axes in (source, destination))
    order = [a for a in range(rank) if a not in source]
    for place, a in sorted(zip(destination, source, strict=True)):
        order.insert(place, a)
    return transpose(x, order)


def swapaxes(x, axis1, axis2):
    """Two axes in each other's place."""
    order = list(range(ndim(x)))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(x, order)


@primitive()
def squeeze(x, axis=None):
    """Without axes of length 1: all, or those named."""
    x = np.asarray(x)
    return np.squeeze(x, tuple(axis) if isinstance(axis, list) else axis), lambda d: d.reshape(x.shape)


@primitive()
def expand_dims(x, axis):
    """With another axis of length 1, or several."""
    x = np.asarray(x)
    return np.expand_dims(x, tuple(axis) if isinstance(axis, list) else axis), lambda d: d.reshape(x.shape)


@primitive()
def broadcast_to(x, shape):
    """Repeated to a shape."""
    return np.broadcast_to(x, shape).copy(), lambda d: d


# ---------------------------------------------------------------------------------------------------------- parts


def _get_item(x, key):
    """Parts along axes of a sample, by kernels; single places lose their axis."""
    key = key if isinstance(key, tuple) else (key,)
    plain = all(k is Ellipsis or (isinstance(k, (int, _slice)) and not isinstance(k, bool)) for k in key)
    if not plain or not is_symbolic(x) or None in x.spec.sample or len(key) - (Ellipsis in key) > x.ndim:
        return NotImplemented
    if Ellipsis in key:
        at = key.index(Ellipsis)
        key = (*key[:at], *[_slice(None)] * (x.ndim - len(key) + 1), *key[at + 1 :])
    key = (*key, *[_slice(None)] * (x.ndim - len(key)))
    rest = key[1:]
    if key[0] != _slice(None) or any(isinstance(k, _slice) and k.step not in (None, 1) for k in rest):
        return NotImplemented
    bounds = [
        k.indices(n)[:2] if isinstance(k, _slice) else (k % n, k % n + 1)
        for k, n in zip(rest, x.spec.sample, strict=True)
    ]
    outside = any(not isinstance(k, _slice) and not -n <= k < n for k, n in zip(rest, x.spec.sample))
    if outside or any(start >= stop for start, stop in bounds):
        return NotImplemented
    for axis, ((start, stop), n) in enumerate(zip(bounds, x.spec.sample)):
        if (start, stop) != (0, n):
            x = layout.Part(axis, start, stop).record(x)
    kept = [n for k, n in zip(rest, x.spec.sample) if isinstance(k, _slice)]
    return x if len(kept) == len(rest) else layout.Reshape(kept).record(x)


@primitive(shortcut=_get_item)
def get_item(x, key):
    """x[key], with NumPy's indexing."""
    x, key = np.asarray(x), _plain_key(key)
    simple = not any(isinstance(k, (list, np.ndarray)) for k in (key if isinstance(key, tuple) else (key,)))

    def slope(d):
        dx = np.zeros(x.shape, d.dtype)
        if simple:
            dx[key] = d
        else:
            np.add.at(dx, key, d)
        return dx

    return x[key], slope


def _plain_key(key):
    """Tensors in an index as arrays."""
    if isinstance(key, tuple):
        return tuple(map(_plain_key, key))
    return value_of(key) if isinstance(key, (Tensor, Variable)) else key


@primitive(2)
def take(x, indices, axis=None):
    """Elements, or whatever lies along an axis, by their numbers.

    Args:
        x: array.
        indices: integers; their shape takes the place of the axis.
        axis: integer, or None for the flattened array.
    """
    x, indices = np.asarray(x), np.asarray(indices).astype(np.int64)

    def slope(d):
        dx = np.zeros(x.shape, d.dtype)
        if axis is None:
            np.add.at(dx.reshape(-1), indices, d)
        else:
            np.add.at(dx, (*[_slice(None)] * (axis % x.ndim), indices), d)
        return dx

    return np.take(x, indices, axis), slope


@primitive(2)
def take_along_axis(x, indices, axis=None):
    """Elements along an axis by numbers of their own for each place of the other axes."""
    x, indices = np.asarray(x), np.asarray(indices).astype(np.int64)

    def slope(d):
        dx = np.zeros(x.shape, d.dtype)
        if axis is None:
            np.add.at(dx.reshape(-1), indices, d)
        else:
            places = list(np.indices(indices.shape, sparse=True))
            places[axis] = indices
            np.add.at(dx, tuple(places), d)
        return dx

    return np.take_along_axis(x, indices, axis), slope


def slice(inputs, start_indices, shape):  # noqa: A001
    """A block.

    Args:
        inputs: array.
        start_indices: where it begins along each axis.
        shape: its lengths; -1 reaches to the end.
    """
    ends = (None if length == -1 else start + length for start, length in zip(start_indices, shape))
    return get_item(inputs, tuple(_slice(start, end) for start, end in zip(start_indices, ends)))


def split(x, indices_or_sections, axis=0):
    """Parts along an axis.

    Args:
        x: array.
        indices_or_sections: the number of equal parts, or where they end.
        axis: integer.

    Returns:
        A list.

    Raises:
        ValueError: the axis is not a multiple of the number of parts.
    """
    length = shape(x)[axis]
    if np.ndim(indices_or_sections) == 0:
        count = int(indices_or_sections)
        if length is None or count < 1 or length % count:
            raise ValueError(
                f"`indices_or_sections` must divide the axis that is split. Received: {count} parts of shape {shape(x)}, "
                f"axis={axis}."
            )
        ends = range(length // count, length, length // count)
    else:
        ends = [int(end) for end in indices_or_sections]
    before = (_slice(None),) * (axis % ndim(x))
    return [get_item(x, (*before, _slice(a, b))) for a, b in zip((0, *ends), (*ends, None))]


def unstack(x, num=None, axis=0):
    """The slices along an axis, without it: a list. `num` is their number, which is known."""
    before = (_slice(None),) * (axis % ndim(x))
    return [get_item(x, (*before, k)) for k in range(num or shape(x)[axis])]


# ---------------------------------------------------------------------------------------------------------- joins


def concatenate(xs, axis=0):
    """Arrays one after the other along an axis."""
    return _concatenate(*xs, axis=axis)


def _join(*xs, axis):
    """Side by side, by the kernel."""
    if not all(map(is_symbolic, xs)) or {x.ndim for x in xs} != {xs[0].ndim} or not axis % xs[0].ndim:
        return NotImplemented
    place = axis % xs[0].ndim - 1
    others = {(*x.spec.sample[:place], *x.spec.sample[place + 1 :]) for x in xs}
    if len(others) > 1 or any(None in x.spec.sample for x in xs) or len(xs) == 1:
        return NotImplemented
    return layout.Join(place).record(xs)


@primitive(None, _join)
def _concatenate(*xs, axis):
    xs = promote(*xs)
    ends = np.cumsum([x.shape[axis] for x in xs])
    before = (_slice(None),) * (axis % xs[0].ndim)

    def part(first, last):
        place = (*before, _slice(first, last))
        return lambda d: d[place]

    return np.concatenate(xs, axis), *map(part, [0, *ends[:-1]], ends)


def stack(x, axis=0):
    """Arrays of one shape side by side along a new axis."""
    return _stack(*x, axis=axis)


@primitive(None)
def _stack(*xs, axis):
    y = np.stack(promote(*xs), axis)
    return y, *((lambda d, k=k: np.take(d, k, axis)) for k in range(len(xs)))


def append(x1, x2, axis=None):
    """x2 behind x1 along an axis; both flattened where it is None."""
    return concatenate([ravel(x1), ravel(x2)] if axis is None else [x1, x2], axis or 0)


def meshgrid(*x, indexing="xy"):
    """Coordinates of a grid from those of its axes.

    Args:
        x: vectors.
        indexing: `"xy"`, where the first two axes of the grid change places, or `"ij"`.

    Returns:
        A list of arrays, one for each vector.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"`indexing` must be 'xy' or 'ij'. Received: indexing={indexing!r}.")
    places = list(range(len(x)))
    if indexing == "xy":
        places[:2] = places[:2][::-1]
    lengths = [size(x[k]) for k in places]
    own = [[-1 if k == place else 1 for k in range(len(x))] for place in places]
    return [broadcast_to(reshape(v, shape), lengths) for v, shape in zip(x, own)]


# ---------------------------------------------------------------------------------------------------- repetitions


@primitive()
def pad(x, pad_width, mode="constant", constant_values=None):
    """With elements around it.

    Args:
        x: array.
        pad_width: `((before, after), ...)` for each axis, one pair for all, or one number.
        mode: `"constant"`, `"reflect"` or `"symmetric"`.
        constant_values: what is added in the mode `"constant"`; 0 where it is None.
    """
    x = np.asarray(x)
    if mode not in ("constant", "reflect", "symmetric"):
        raise ValueError(f"`mode` must be 'constant', 'reflect' or 'symmetric'. Received: mode={mode!r}.")
    if mode != "constant" and constant_values is not None:
        raise ValueError(
            f"`constant_values` belong to the mode 'constant'. Received: mode={mode!r}, constant_values={constant_values}."
        )
    width = [(int(a), int(b)) for a, b in np.broadcast_to(pad_width, (x.ndim, 2))]
    settings = {"constant_values": constant_values or 0} if mode == "constant" else {}
    inside = tuple(_slice(before, before + length) for (before, _), length in zip(width, x.shape))

    def slope(d):
        if mode == "constant":
            return d[inside]
        dx = np.zeros(x.size, d.dtype)
        np.add.at(dx, np.pad(np.arange(x.size).reshape(x.shape), width, mode), d)
        return dx.reshape(x.shape)

    return np.pad(x, width, mode, **settings), slope


@primitive()
def tile(x, repeats):
    """The whole array repeated along each axis."""
    x = np.asarray(x)
    repeats = np.atleast_1d(repeats).tolist()
    rank = max(len(repeats), x.ndim)
    repeats, lengths = [1] * (rank - len(repeats)) + repeats, [1] * (rank - x.ndim) + list(x.shape)
    blocks = [length for pair in zip(repeats, lengths) for length in pair]
    return np.tile(x, repeats), lambda d: d.reshape(blocks).sum(tuple(range(0, 2 * rank, 2))).reshape(x.shape)


@primitive()
def repeat(x, repeats, axis=None):
    """Each element repeated, along an axis or in the flattened array.

    Args:
        x: array.
        repeats: how often, or a list with a number for each element along the axis.
        axis: integer or None.
    """
    x = np.asarray(x)

    def slope(d):
        dx = np.zeros(x.size if axis is None else x.shape, d.dtype)
        place = np.repeat(np.arange(dx.shape[axis or 0]), repeats)
        np.add.at(dx, (*[_slice(None)] * ((axis or 0) % dx.ndim), place), d)
        return dx.reshape(x.shape)

    return np.repeat(x, repeats, axis), slope


@primitive()
def flip(x, axis=None):
    """In reverse order along axes, or along all."""
    return np.flip(x, axis), lambda d: np.flip(d, axis)


@primitive()
def roll(x, shift, axis=None):
    """Moved along an axis, what leaves at the end coming back at the beginning."""
    return np.roll(x, shift, axis), lambda d: np.roll(d, np.negative(shift), axis)


@primitive()
def triu(x, k=0):
    """The part on and above the k-th diagonal; 0 elsewhere."""
    return np.triu(x, k), lambda d: np.triu(d, k)


@primitive()
def tril(x, k=0):
    """The part on and below the k-th diagonal; 0 elsewhere."""
    return np.tril(x, k), lambda d: np.tril(d, k)


# ------------------------------------------------------------------------------------------------------- new arrays


def zeros(shape, dtype=None):
    """Zeros; float32 where no type is given."""
    return np.zeros(shape, standardize(dtype))


def ones(shape, dtype=None):
    """Ones; float32 where no type is given."""
    return np.ones(shape, standardize(dtype))


def full(shape, fill_value, dtype=None):
    """One value everywhere; float32 where no type is given."""
    return np.full(shape, value_of(fill_value), standardize(dtype))


@primitive()
def zeros_like(x, dtype=None):
    """Zeros of x's shape, and of its type where none is given."""
    return np.zeros_like(as_array(x), dtype)


@primitive()
def ones_like(x, dtype=None):
    """Ones of x's shape, and of its type where none is given."""
    return np.ones_like(as_array(x), dtype)


@primitive(2)
def full_like(x, fill_value, dtype=None):
    """One value in x's shape, and in its type where none is given."""
    return np.full_like(as_array(x), fill_value, dtype)


def eye(N, M=None, k=0, dtype=None):
    """N rows and M columns (N where it is None), 1 on the k-th diagonal and 0 elsewhere."""
    return np.eye(N, M, k, standardize(dtype))


def identity(n, dtype=None):
    """The identity matrix."""
    return eye(n, dtype=dtype)


def tri(N, M=None, k=0, dtype=None):
    """Ones on and below the k-th diagonal, 0 above."""
    return np.tri(N, M, k, standardize(dtype))


def arange(start, stop=None, step=None, dtype=None):
    """Numbers from `start` up to `stop` (not included), or from 0 to `start`.

    Integers give int32, other numbers float32, where no type is given.
    """
    start, stop = (0, start) if stop is None else (start, stop)
    numbers = [value_of(number).item() for number in (start, stop, 1 if step is None else step)]
    return np.arange(*numbers).astype(result_type(*numbers) if dtype is None else standardize(dtype))


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """Numbers at equal distances from `start` to `stop`.

    Args:
        start, stop: numbers or arrays.
        num: how many.
        endpoint: whether `stop` is the last of them.
        retstep: whether the distance is returned too.
        dtype: float32 where it is None.
        axis: where the new axis stands, if `start` and `stop` are arrays.
    """
    found = _linspace(start, stop, num, endpoint, dtype, axis)
    if not retstep:
        return found
    step = (value_of(stop) - value_of(start)) / (num - 1 if endpoint else num)
    return found, np.asarray(step, found.dtype)


@primitive(2)
def _linspace(start, stop, num, endpoint, dtype, axis):
    dtype = result_type(start, stop, 1.0) if dtype is None else standardize(dtype)
    rank = np.broadcast(start, stop).ndim
    along = np.linspace(0, 1, num, endpoint).reshape([-1] + [1] * rank)  # how much of `stop`

    def part(share):
        return lambda d: (np.moveaxis(d, axis, 0) * share).sum(0)

    return np.linspace(start, stop, num, endpoint, axis=axis).astype(dtype), part(1 - along), part(along)
