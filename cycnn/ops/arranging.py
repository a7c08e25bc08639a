"""More of where elements lie: joins and parts by their directions, diagonals, patterns, blocks; and what is written into
an array at given places.
"""

import builtins
import math
import re

import numpy as np

from cycnn.core import checks
from cycnn.ops import maths, products, shaping
from cycnn.ops.dtypes import FLOAT, standardize
from cycnn.ops.primitive import composite, constant, primitive
from cycnn.ops.shaping import concatenate, expand_dims, get_item, ndim, reshape, shape, split, transpose

_slice = builtins.slice

# ----------------------------------------------------------------------------------------------- joins and parts


def vstack(xs):
    """Arrays one below the other: joined along the first axis, vectors being rows."""
    return concatenate([_at_least(x, 2) for x in xs], 0)


def hstack(xs):
    """Arrays side by side: joined along the second axis, vectors along their only one."""
    xs = [_at_least(x, 1) for x in xs]
    return concatenate(xs, 0 if ndim(xs[0]) == 1 else 1)


def dstack(xs):
    """Arrays one behind the other: joined along the third axis, to which they are brought first."""
    return concatenate([_at_least(x, 3) for x in xs], 2)


def _at_least(x, rank):
    """With axes of length 1, as `np.atleast_3d` and its kind add them: a vector is a row, and its third axis the last."""
    if ndim(x) == 0:
        x = expand_dims(x, 0)
    if ndim(x) == 1 and rank > 1:
        x = expand_dims(x, 0)
    return expand_dims(x, -1) if ndim(x) < rank else x


def vsplit(x, indices_or_sections):
    """Parts along the first axis. Arguments as in `split`."""
    return split(x, indices_or_sections, 0)


def hsplit(x, indices_or_sections):
    """Parts along the second axis, of a vector along its only one. Arguments as in `split`."""
    return split(x, indices_or_sections, 0 if ndim(x) == 1 else 1)


def dsplit(x, indices_or_sections):
    """Parts along the third axis. Arguments as in `split`."""
    return split(x, indices_or_sections, 2)


def array_split(x, indices_or_sections, axis=0):
    """Parts along an axis, which need not have one length: the first ones are longer by 1. Arguments as in `split`."""
    if np.ndim(indices_or_sections):
        return split(x, indices_or_sections, axis)
    count, length = checks.positive_int("indices_or_sections", indices_or_sections), shape(x)[axis]
    return split(x, [(k * (length // count)) + min(k, length % count) for k in range(1, count)], axis)


def flipud(x):
    """In reverse order along the first axis."""
    return shaping.flip(x, 0)


def fliplr(x):
    """In reverse order along the second axis."""
    return shaping.flip(x, 1)


@primitive()
def rot90(array, k=1, axes=(0, 1)):
    """Turned k times by a right angle in the plane of two axes, from the first towards the second."""
    return np.rot90(array, k, axes), lambda d: np.rot90(d, -k, axes)


@composite
def rearrange(tensor, pattern, **axes_lengths):
    """Axes split, moved and joined by a pattern, as the library einops writes them (Rogozhnikov, ICLR 2022).

    Args:
        tensor: array.
        pattern: `"b (h r) w c -> b h w (c r)"`: names of the axes, in brackets those that are one axis together.
        axes_lengths: lengths of axes in brackets; of each pair of brackets on the left one may be missing.

    Raises:
        ValueError: the pattern does not fit, or the sides have other names.
    """
    sides = [[re.findall(r"\w+", term) for term in re.findall(r"\w+|\([^)]*\)", side)] for side in pattern.split("->")]
    names = [[name for group in side for name in group] for side in sides]
    lengths = dict(axes_lengths)
    if len(sides) != 2 or len(sides[0]) != ndim(tensor) or sorted(names[0]) != sorted(set(names[1])):
        raise ValueError(
            "`pattern` must name each axis once on both sides of '->', and as many groups on the left as there are axes. "
            f"Received: pattern={pattern!r}, tensor of shape {shape(tensor)}."
        )
    for group, length in zip(sides[0], shape(tensor)):
        unknown = [name for name in group if name not in lengths]
        known = math.prod(lengths[name] for name in group if name in lengths)
        if len(unknown) > 1 or length % known or (not unknown and known != length):
            raise ValueError(
                f"The lengths of {group} must multiply to the axis, and all but one be given. "
                f"Received: axis of length {length}, axes_lengths={axes_lengths}."
            )
        lengths.update((name, length // known) for name in unknown)
    tensor = reshape(tensor, [lengths[name] for name in names[0]])
    tensor = transpose(tensor, [names[0].index(name) for name in names[1]])
    return reshape(tensor, [math.prod(lengths[name] for name in group) for group in sides[1]])


def depth_to_space(x, block_size, data_format="channels_last"):
    """The channels of each pixel as a square of pixels: (n, h, w, c) → (n, h·b, w·b, c / b²).

    Args:
        x: array of four axes.
        block_size: the side b of a square.
        data_format: `"channels_last"` or `"channels_first"`.
    """
    last = checks.data_format(data_format) == "channels_last"
    pattern = "n h w (a b c) -> n (h a) (w b) c" if last else "n (c a b) h w -> n c (h a) (w b)"
    return rearrange(x, pattern, a=block_size, b=block_size)


def space_to_depth(x, block_size, data_format="channels_last"):
    """Squares of pixels as the channels of one: (n, h·b, w·b, c) → (n, h, w, c·b²). Arguments as in `depth_to_space`."""
    last = checks.data_format(data_format) == "channels_last"
    pattern = "n (h a) (w b) c -> n h w (a b c)" if last else "n c (h a) (w b) -> n (c a b) h w"
    return rearrange(x, pattern, a=block_size, b=block_size)


# ------------------------------------------------------------------------------------------------------- matrices


def diag(x, k=0):
    """The matrix whose k-th diagonal is a vector; or the k-th diagonal of a matrix."""
    if ndim(x) not in (1, 2):
        raise ValueError(f"`diag` takes a vector or a matrix. Received: shape {shape(x)}.")
    return _with_diagonal(x, k) if ndim(x) == 1 else products.diagonal(x, k)


def diagflat(x, k=0):
    """The matrix whose k-th diagonal are the elements of an array."""
    return _with_diagonal(shaping.ravel(x), k)


@primitive()
def _with_diagonal(x, k):
    return np.diag(x, k), lambda d: np.diagonal(d, k)


@composite
def kron(x1, x2):
    """Kronecker's product: x2 times each element of x1, as blocks."""
    rank = max(ndim(x1), ndim(x2))
    shapes = [(1,) * (rank - ndim(x)) + shape(x) for x in (x1, x2)]
    x1 = reshape(x1, [length for n in shapes[0] for length in (n, 1)])
    x2 = reshape(x2, [length for n in shapes[1] for length in (1, n)])
    return reshape(maths.multiply(x1, x2), [m * n for m, n in zip(*shapes)])


@composite
def inner(x1, x2):
    """The sums of products along the last axes of both; the product, if one is a number."""
    if 0 in (ndim(x1), ndim(x2)):
        return maths.multiply(x1, x2)
    return products.tensordot(x1, x2, ([ndim(x1) - 1], [ndim(x2) - 1]))


@composite
def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of length 3; those of length 2 lie in the plane, and two of them give a number.

    Args:
        x1, x2: arrays.
        axisa, axisb: where their vectors lie.
        axisc: where those of the result lie.
        axis: one number instead of the three.
    """
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = shaping.moveaxis(x1, axisa, -1), shaping.moveaxis(x2, axisb, -1)
    sizes = shape(a)[-1], shape(b)[-1]
    if not {*sizes} <= {2, 3}:
        raise ValueError(f"`cross` takes vectors of 2 or 3 numbers. Received: vectors of {sizes[0]} and {sizes[1]}.")
    parts = [[get_item(v, (..., k)) for k in range(size)] + [0] * (3 - size) for v, size in zip((a, b), sizes)]

    def component(i, j):
        (p, q), (r, s) = [(v[i], v[j]) for v in parts]
        return maths.subtract(maths.multiply(p, s), maths.multiply(q, r))

    if sizes == (2, 2):
        return component(0, 1)
    return shaping.stack([component(1, 2), component(2, 0), component(0, 1)], axisc)


@composite
def vander(x, N=None, increasing=False):
    """The powers of a vector's elements as columns of a matrix, the highest first unless they are `increasing`.

    Args:
        x: vector.
        N: how many columns; as many as rows where it is None.
        increasing: the order of the powers.
    """
    powers = np.arange(shape(x)[0] if N is None else int(N))
    return maths.power(reshape(x, (-1, 1)), powers if increasing else powers[::-1])


# ------------------------------------------------------------------------------------------------ new arrays, types


def empty(shape, dtype=None):
    """An array whose values are not set yet; float32 where no type is given."""
    return np.empty(shape, standardize(dtype))


@primitive()
def empty_like(x, dtype=None):
    """An array of x's shape, and of its type where none is given, whose values are not set yet."""
    return np.empty_like(x, None if dtype is None else standardize(dtype))


def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """The powers of `base` whose exponents lie at equal distances. Other arguments as in `linspace`."""
    y = maths.power(float(base), shaping.linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else shaping.cast(y, dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Numbers of one sign at equal ratios from `start` to `stop`. Other arguments as in `linspace`."""
    start, stop = (constant(x, "start and stop").astype(np.float64) for x in (start, stop))
    y = np.geomspace(start, stop, int(num), endpoint, axis=axis)
    return y.astype(FLOAT if dtype is None else standardize(dtype))


def dtype(x):
    """The name of the type."""
    return np.dtype(x.dtype).name if hasattr(x, "dtype") else shaping.convert_to_tensor(x).dtype.name


@primitive()
def saturate_cast(x, dtype):
    """The same values as another type; what that cannot hold becomes its smallest or largest number."""
    x, dtype = np.asarray(x), standardize(dtype)
    if dtype.kind in "fb":
        return x.astype(dtype), lambda d: d
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    y = np.clip(np.nan_to_num(x) if x.dtype.kind == "f" else x.astype(np.int64), low, high)
    edges = np.where(x >= high, high, low) if x.dtype.kind == "f" else None
    y = y.astype(dtype)
    return y if edges is None else np.where((x >= high) | (x <= low), edges, y).astype(dtype)


@primitive()
def view(x, dtype=None):
    """The same bytes as numbers of another type."""
    return (np.asarray(x), lambda d: d) if dtype is None else np.ascontiguousarray(x).view(standardize(dtype))


@composite
def select(condlist, choicelist, default=0):
    """At each place the first of several values whose condition holds there.

    Args:
        condlist: list of arrays of booleans.
        choicelist: list of as many arrays.
        default: what stands where no condition holds.
    """
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            "`condlist` and `choicelist` must have one length. "
            f"Received: {len(condlist)} conditions, {len(choicelist)} values."
        )
    y = default
    for condition, value in zip(reversed(condlist), reversed(choicelist)):
        y = maths.where(condition, value, y)
    return y


# ------------------------------------------------------------------------------------------------- writing into arrays


def scatter(indices, values, shape):
    """Zeros, to which values are added at given places.

    Args:
        indices: integers (..., k): each a place along the first k axes.
        values: array (..., shape[k:]).
        shape: of the result.
    """
    return _scatter(indices, values, tuple(shape))


@primitive(2)
def _scatter(indices, values, shape):
    indices, values = np.asarray(indices).astype(np.int64), np.asarray(values)
    place = tuple(np.moveaxis(indices, -1, 0))
    y = np.zeros(shape, values.dtype)
    np.add.at(y, place, values)
    return y, None, lambda d: d[place]


REDUCTIONS = {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


def scatter_update(inputs, indices, updates, reduction=None):
    """An array with other values at given places.

    Args:
        inputs: array.
        indices: integers (n, k): each a place along the first k axes.
        updates: array (n, inputs.shape[k:]).
        reduction: what becomes of the old and the new value: `"add"`, `"max"`, `"min"`, `"mul"`, or None: the new one.

    Raises:
        ValueError: there is no such reduction.
    """
    if reduction is not None and reduction not in REDUCTIONS:
        raise ValueError(f"`reduction` must be one of {(None, *REDUCTIONS)}. Received: reduction={reduction!r}.")
    if reduction == "add":
        return maths.add(inputs, scatter(indices, updates, shape(inputs)))
    if reduction is None:
        return _replaced(inputs, updates, indices)
    return _merged(inputs, updates, indices, reduction)


@primitive(2)
def _replaced(inputs, updates, indices):
    place = tuple(np.moveaxis(np.asarray(indices).astype(np.int64), -1, 0))
    y = np.array(inputs)
    y[place] = updates
    last = np.zeros(y.shape[: len(place)], np.int64)
    last[place] = np.arange(len(place[0]))  # of several values for one place, the last stays

    def slope(d):
        dx = np.array(d)
        dx[place] = 0
        return dx

    def slope_of_updates(d):
        stays = last[place] == np.arange(len(place[0]))
        return d[place] * stays.reshape(-1, *(1,) * (d.ndim - len(place)))

    return y, slope, slope_of_updates


@primitive(2)
def _merged(inputs, updates, indices, reduction):
    y = np.array(inputs)
    REDUCTIONS[reduction].at(y, tuple(np.moveaxis(np.asarray(indices).astype(np.int64), -1, 0)), updates)

    def refuse(d):
        raise ValueError(f"`scatter_update` with reduction={reduction!r} has no gradient; None and 'add' have one.")

    return y, refuse, refuse


def slice_update(inputs, start_indices, updates):
    """An array with a block of other values.

    Args:
        inputs: array.
        start_indices: where the block begins along each axis.
        updates: the block.
    """
    starts = [int(start) for start in np.ravel(constant(start_indices, "start_indices"))]
    return _block(inputs, updates, tuple(_slice(a, a + n) for a, n in zip(starts, shape(updates), strict=True)))


@primitive(2)
def _block(inputs, updates, place):
    y = np.array(inputs)
    y[place] = updates

    def slope(d):
        dx = np.array(d)
        dx[place] = 0
        return dx

    return y, slope, lambda d: d[place]
