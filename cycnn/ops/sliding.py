"""Convolutions, poolings and patches as functions: windows that slide over one, two or three axes of space.

NumPy computes them place by place of the window: all pixels that this place meets form a strided view, and a product of
matrices, a maximum or a sum joins it to the result. A convolution of a symbolic tensor by a weight is the operation of
`layers.Conv2D` and its kin, with its kernels.

    y[..., o] += x[..., o * stride + place * dilation] · kernel[place]        for each place
"""

import math

import numpy as np

from cycnn import config
from cycnn.core import checks, shapes
from cycnn.core.variable import Variable
from cycnn.ops import shaping
from cycnn.ops.convolution import Convolution, DepthwiseConvolution, TransposedConvolution
from cycnn.ops.dtypes import floating
from cycnn.ops.elementwise import is_symbolic
from cycnn.ops.primitive import primitive

# ------------------------------------------------------------------------------------------------------- geometry


def _axes_of_space(inputs, name):
    rank = shaping.ndim(inputs) - 2
    if rank not in (1, 2, 3):
        raise ValueError(
            f"`{name}` takes samples with one, two or three axes of space and one of channels. "
            f"Received: inputs of shape {shaping.shape(inputs)}."
        )
    return rank


def _with_channels_last(function, inputs, data_format):
    """A function of channels_last arrays, of inputs in the layout that an argument names."""
    layout = config.image_data_format() if data_format is None else checks.data_format(data_format)
    if layout == "channels_last":
        return function(inputs)
    return shaping.moveaxis(function(shaping.moveaxis(inputs, 1, -1)), -1, 1)


def _padding(padding, allowed=("valid", "same")):
    return checks.one_of("padding", padding.lower() if isinstance(padding, str) else padding, allowed)


class _Windows:
    """Windows over x (n, space..., c): where each place of them meets the padded x."""

    def __init__(self, space, sizes, strides, dilation, padding, name):
        self.sizes, self.strides, self.dilation = sizes, strides, dilation
        found = [shapes.window(*each, padding) for each in zip(space, sizes, strides, dilation, strict=True)]
        self.counts = tuple(window.size for window in found)
        if min(self.counts) < 1:
            raise ValueError(
                f"`{name}`: a window of {tuple(sizes)} with dilation {tuple(dilation)} does not fit into the input. "
                f"Received: axes of space of lengths {tuple(space)}."
            )
        self.around = [(0, 0), *((window.before, window.after) for window in found), (0, 0)]
        self.inside = tuple(slice(before, before + n) for (before, _), n in zip(self.around[1:-1], space))

    def __iter__(self):
        """(place, where its pixels lie)."""
        for place in np.ndindex(*self.sizes):
            yield place, (slice(None), *map(_steps, place, self.dilation, self.strides, self.counts))

    def pad(self, x, value=0):
        """A copy of x with a border."""
        return np.pad(x, self.around, constant_values=value)

    def crop(self, x):
        return x[_of_all(self.inside)]


def _of_all(where):
    """A place within each sample."""
    return (slice(None), *where)


def _steps(place, dilation, stride, count):
    first = place * dilation
    return slice(first, first + (count - 1) * stride + 1, stride)


# ---------------------------------------------------------------------------------------------------- convolutions


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """The convolution (cross-correlation) of samples with a kernel, as in `layers.Conv1D`, `Conv2D` and `Conv3D`.

    Args:
        inputs: array (n, space..., c), or (n, c, space...).
        kernel: array (places..., c / groups, filters).
        strides, dilation_rate: one number, or one for each axis of space.
        padding: `"valid"` or `"same"`; along one axis of space also `"causal"`.
        data_format: `"channels_last"`, `"channels_first"`, or None: as `config.image_data_format()` says.

    Returns:
        An array with the filters in the channels' place.

    Raises:
        ValueError: shapes do not fit.
    """
    rank = _axes_of_space(inputs, "conv")
    geometry = (
        checks.positive_ints("strides", strides, rank),
        checks.positive_ints("dilation_rate", dilation_rate, rank),
        _padding(padding, ("valid", "same", "causal") if rank == 1 else ("valid", "same")),
    )
    return _with_channels_last(lambda x: _conv(x, _kernel(kernel, rank, "conv"), *geometry), inputs, data_format)


def _kernel(kernel, rank, name):
    if shaping.ndim(kernel) != rank + 2:
        raise ValueError(f"`{name}`: the kernel must have {rank + 2} axes. Received: shape {shaping.shape(kernel)}.")
    return kernel


def _by_kernels(operation):
    """A shortcut: the operation of a layer, for a weight as its kernel."""

    def shortcut(x, kernel, *geometry):
        known = isinstance(kernel, Variable) and is_symbolic(x) and x.shape[-1] is not None
        found = operation(kernel, x.shape[-1], *geometry) if known else None
        return NotImplemented if found is None else found.record(x)

    return shortcut


def _groups(channels, kernel, name):
    """How many groups of channels there are, each of which has filters of its own."""
    own, filters = kernel.shape[-2:]
    if channels % own or filters % (channels // own):
        raise ValueError(
            f"`{name}`: the channels must be a multiple of those of the kernel (places..., channels / groups, filters), and "
            f"its filters one of the groups. Received: {channels} channels, kernel of shape {kernel.shape}."
        )
    return channels // own


def _convolution(kernel, channels, strides, dilation, padding):
    return Convolution(kernel, None, strides, dilation, padding, _groups(channels, kernel, "conv"), "`conv`")


@primitive(2, _by_kernels(_convolution))
def _conv(x, kernel, strides, dilation, padding):
    x, kernel = floating(x, kernel)
    groups, rank = _groups(x.shape[-1], kernel, "conv"), len(strides)
    windows = _Windows(x.shape[1:-1], kernel.shape[:rank], strides, dilation, padding, "conv")
    padded, by_group = windows.pad(x), _by_group(kernel, groups)

    def split(v):
        """Channels as (groups, channels of a group); the groups become the first axis, as `matmul` wants it."""
        return np.moveaxis(v.reshape(*v.shape[:-1], groups, -1), -2, 0)

    def joined(v):
        v = np.moveaxis(v, 0, -2)
        return v.reshape(*v.shape[:-2], -1)

    def flat(v):
        return v.reshape(groups, -1, v.shape[-1])

    y = np.zeros((groups, x.shape[0] * math.prod(windows.counts), by_group.shape[-1]), x.dtype)
    for place, where in windows:
        y += flat(split(padded[where])) @ by_group[place]

    def slope(d):
        dx, d = np.zeros(padded.shape, d.dtype), split(d)
        for place, where in windows:
            part = flat(d) @ np.swapaxes(by_group[place], -1, -2)
            dx[where] += joined(part.reshape(*d.shape[:-1], -1))
        return windows.crop(dx)

    def slope_of_kernel(d):
        found, d = np.empty(by_group.shape, d.dtype), flat(split(d))
        for place, where in windows:
            found[place] = np.swapaxes(flat(split(padded[where])), -1, -2) @ d
        return np.moveaxis(found, rank, -2).reshape(kernel.shape)

    return joined(y.reshape(groups, x.shape[0], *windows.counts, -1)), slope, slope_of_kernel


def _by_group(kernel, groups):
    """(places..., c, filters) → (places..., groups, c, filters of a group)."""
    return np.moveaxis(kernel.reshape(*kernel.shape[:-1], groups, -1), -2, -3)


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """The convolution of each channel with kernels of its own, as in `layers.DepthwiseConv2D`.

    Args:
        inputs: array (n, space..., c), or (n, c, space...).
        kernel: array (places..., c, multiplier).
        strides, padding, data_format, dilation_rate: as in `conv`.

    Returns:
        An array with c * multiplier channels, those of one input channel side by side.
    """
    rank = _axes_of_space(inputs, "depthwise_conv")
    geometry = (
        checks.positive_ints("strides", strides, rank),
        checks.positive_ints("dilation_rate", dilation_rate, rank),
        _padding(padding),
    )
    kernel = _kernel(kernel, rank, "depthwise_conv")
    return _with_channels_last(lambda x: _depthwise(x, kernel, *geometry), inputs, data_format)


def _depthwise_convolution(kernel, channels, strides, dilation, padding):
    if len(strides) == 3:
        return None  # there is no kernel for volumes
    return DepthwiseConvolution(kernel, None, strides, dilation, padding, "`depthwise_conv`")


@primitive(2, _by_kernels(_depthwise_convolution))
def _depthwise(x, kernel, strides, dilation, padding):
    x, kernel = floating(x, kernel)
    channels, multiplier = kernel.shape[-2:]
    if x.shape[-1] != channels:
        raise ValueError(
            "`depthwise_conv`: the kernel (places..., channels, multiplier) must have the channels of the input. "
            f"Received: {x.shape[-1]} channels, kernel of shape {kernel.shape}."
        )
    windows = _Windows(x.shape[1:-1], kernel.shape[: len(strides)], strides, dilation, padding, "depthwise_conv")
    padded = windows.pad(x)
    y = np.zeros((x.shape[0], *windows.counts, channels, multiplier), x.dtype)
    for place, where in windows:
        y += padded[where][..., None] * kernel[place]

    def slope(d):
        dx, d = np.zeros(padded.shape, d.dtype), d.reshape(y.shape)
        for place, where in windows:
            dx[where] += (d * kernel[place]).sum(-1)
        return windows.crop(dx)

    def slope_of_kernel(d):
        found, d = np.empty(kernel.shape, d.dtype), d.reshape(y.shape)
        for place, where in windows:
            found[place] = (padded[where][..., None] * d).sum(tuple(range(d.ndim - 2)))
        return found

    return y.reshape(*y.shape[:-2], -1), slope, slope_of_kernel


def separable_conv(
    inputs, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """A `depthwise_conv`, and a `conv` of its result with a window of one pixel.

    Args:
        inputs: array (n, space..., c), or (n, c, space...).
        depthwise_kernel: array (places..., c, multiplier).
        pointwise_kernel: array (1..., c * multiplier, filters).
        strides, padding, data_format, dilation_rate: as in `conv`.
    """
    y = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(y, pointwise_kernel, 1, "valid", data_format, 1)


def conv_transpose(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1):
    """The transposed convolution, as in `layers.Conv2DTranspose`: each pixel spreads a multiple of the kernel.

    Args:
        inputs: array (n, space..., c), or (n, c, space...).
        kernel: array (places..., filters, c).
        output_padding: one number, or one for each axis of space, which says how long the result is; None: a multiple of
            the stride.
        strides, padding, data_format, dilation_rate: as in `conv`.
    """
    rank = _axes_of_space(inputs, "conv_transpose")
    more = checks.non_negative_ints("output_padding", output_padding, rank) if output_padding is not None else None
    geometry = (
        checks.positive_ints("strides", strides, rank),
        checks.positive_ints("dilation_rate", dilation_rate, rank),
        _padding(padding),
        more,
    )
    kernel = _kernel(kernel, rank, "conv_transpose")
    return _with_channels_last(lambda x: _conv_transpose(x, kernel, *geometry), inputs, data_format)


def _transposed_convolution(kernel, channels, strides, dilation, padding, output_padding):
    return TransposedConvolution(kernel, None, strides, dilation, padding, output_padding, "`conv_transpose`")


@primitive(2, _by_kernels(_transposed_convolution))
def _conv_transpose(x, kernel, strides, dilation, padding, output_padding):
    x, kernel = floating(x, kernel)
    rank, space = len(strides), x.shape[1:-1]
    if x.shape[-1] != kernel.shape[-1]:
        raise ValueError(
            "`conv_transpose`: the kernel (places..., filters, channels) must have the channels of the input. "
            f"Received: {x.shape[-1]} channels, kernel of shape {kernel.shape}."
        )
    places, more = kernel.shape[:rank], output_padding or (None,) * rank
    found = [
        shapes.transposed(n, k, stride, rate, padding, extra)
        for n, k, stride, rate, extra in zip(space, places, strides, dilation, more)
    ]
    lengths = [
        max((n - 1) * stride + (k - 1) * rate + 1, window.before + window.size)
        for n, k, stride, rate, window in zip(space, places, strides, dilation, found)
    ]
    inside = (slice(None), *(slice(window.before, window.before + window.size) for window in found))
    spread = [(place, (slice(None), *map(_steps, place, dilation, strides, space))) for place in np.ndindex(*places)]
    whole = np.zeros((x.shape[0], *lengths, kernel.shape[-2]), x.dtype)
    for place, where in spread:
        whole[where] += x @ kernel[place].T

    def around(d):
        """The gradient of the whole result."""
        found = np.zeros(whole.shape, d.dtype)
        found[inside] = d
        return found

    def slope(d):
        d = around(d)
        return sum(d[where] @ kernel[place] for place, where in spread)

    def slope_of_kernel(d):
        d, found = around(d), np.empty(kernel.shape, d.dtype)
        for place, where in spread:
            found[place] = np.tensordot(d[where], x, (range(rank + 1), range(rank + 1)))
        return found

    return whole[inside], slope, slope_of_kernel


# -------------------------------------------------------------------------------------------------------- poolings


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The largest element of each window; the first of equal ones takes the gradient.

    Args:
        inputs: array (n, space..., c), or (n, c, space...).
        pool_size: one number, or one for each axis of space.
        strides: the same; as far as the windows are large where it is None.
        padding: `"valid"` or `"same"`; what is added never wins.
        data_format: as in `conv`.
    """
    return _pool(_max_pool, "max_pool", inputs, pool_size, strides, padding, data_format)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The mean of each window; what `same` adds does not count. Arguments as in `max_pool`."""
    return _pool(_average_pool, "average_pool", inputs, pool_size, strides, padding, data_format)


def _pool(function, name, inputs, pool_size, strides, padding, data_format):
    rank = _axes_of_space(inputs, name)
    sizes = checks.positive_ints("pool_size", pool_size, rank)
    strides = sizes if strides is None else checks.positive_ints("strides", strides, rank)
    padding = _padding(padding)
    return _with_channels_last(lambda x: function(x, sizes, strides, padding), inputs, data_format)


@primitive()
def _max_pool(x, sizes, strides, padding):
    x = np.asarray(x)
    windows = _Windows(x.shape[1:-1], sizes, strides, (1,) * len(sizes), padding, "max_pool")
    padded = windows.pad(x, -math.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min)
    y, winner = None, np.zeros((x.shape[0], *windows.counts, x.shape[-1]), np.int32)
    for k, (_, where) in enumerate(windows):
        part = padded[where]
        if y is None:
            y = part.copy()
            continue
        wins = (part > y) | ((part != part) & (y == y))  # NaN wins
        y[wins], winner[wins] = part[wins], k

    def slope(d):
        dx = np.zeros(padded.shape, d.dtype)
        for k, (_, where) in enumerate(windows):
            dx[where] += np.where(winner == k, d, 0)
        return windows.crop(dx)

    return y, slope


@primitive()
def _average_pool(x, sizes, strides, padding):
    (x,) = floating(x)
    windows = _Windows(x.shape[1:-1], sizes, strides, (1,) * len(sizes), padding, "average_pool")
    padded, there = windows.pad(x), windows.pad(np.ones((1, *x.shape[1:-1], 1), x.dtype))
    count = sum(there[where] for _, where in windows)

    def slope(d):
        dx = np.zeros(padded.shape, d.dtype)
        for _, where in windows:
            dx[where] += d / count
        return windows.crop(dx)

    return sum(padded[where] for _, where in windows) / count, slope


def adaptive_average_pool(inputs, output_size, data_format=None):
    """The means of so many windows that the result has a given size.

    Args:
        inputs: array (n, space..., c), or (n, c, space...).
        output_size: how many windows: one number, or one for each axis of space. Window k begins at k · length / count,
            rounded down, and ends at (k + 1) · length / count, rounded up.
        data_format: as in `conv`.
    """
    return _adaptive(np.mean, "adaptive_average_pool", inputs, output_size, data_format)


def adaptive_max_pool(inputs, output_size, data_format=None):
    """The largest elements of so many windows that the result has a given size. Arguments as in `adaptive_average_pool`."""
    return _adaptive(np.max, "adaptive_max_pool", inputs, output_size, data_format)


def _adaptive(function, name, inputs, output_size, data_format):
    counts = checks.positive_ints("output_size", output_size, _axes_of_space(inputs, name))
    return _with_channels_last(lambda x: _adaptive_pool(x, function, counts), inputs, data_format)


@primitive()
def _adaptive_pool(x, function, counts):
    x = np.asarray(x) if function is np.max else floating(x)[0]
    bounds = [
        [(k * n // count, -(-(k + 1) * n // count)) for k in range(count)] for n, count in zip(x.shape[1:-1], counts)
    ]
    windows = [
        (place, (slice(None), *(slice(*bounds[axis][k]) for axis, k in enumerate(place))))
        for place in np.ndindex(*counts)
    ]
    space = tuple(range(1, x.ndim - 1))
    y = np.empty((x.shape[0], *counts, x.shape[-1]), x.dtype)
    for place, where in windows:
        y[_of_all(place)] = function(x[where], space)

    def slope(d):
        dx = np.zeros(x.shape, d.dtype)
        for place, where in windows:
            part, dy = x[where], d[_of_all(place)]
            if function is np.mean:
                dx[where] += np.expand_dims(dy, space) / math.prod(part.shape[1:-1])
                continue
            flat = part.reshape(x.shape[0], -1, x.shape[-1])
            won = np.zeros(flat.shape, d.dtype)
            np.put_along_axis(won, flat.argmax(1)[:, None], dy[:, None], 1)
            dx[where] += won.reshape(part.shape)
        return dx

    return y, slope


# ---------------------------------------------------------------------------------------------------------- patches


@primitive()
def patches(x, sizes, strides, dilation, padding):
    """The pixels of each window side by side: (n, space..., c) → (n, windows..., places · c)."""
    x = np.asarray(x)
    windows = _Windows(x.shape[1:-1], sizes, strides, dilation, padding, "extract_patches")
    padded = windows.pad(x)
    y = np.stack([padded[where] for _, where in windows], -2)

    def slope(d):
        dx, d = np.zeros(padded.shape, d.dtype), d.reshape(y.shape)
        for k, (_, where) in enumerate(windows):
            dx[where] += d[..., k, :]
        return windows.crop(dx)

    return y.reshape(*y.shape[:-2], -1), slope


def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of maps as columns: (n, c, h, w) → (n, c · places, windows).

    Args:
        x: array.
        kernel_size, dilation, stride: one number, or (rows, columns).
        padding: how many zeros are added on each side: one number, or (rows, columns).
    """
    rows, columns = checks.non_negative_ints("padding", padding, 2)
    geometry = [checks.positive_ints(*each, 2) for each in (("kernel_size", kernel_size), ("stride", stride))]
    x = shaping.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
    return _columns(x, *geometry, checks.positive_ints("dilation", dilation, 2))


@primitive()
def _columns(x, sizes, strides, dilation):
    x = np.asarray(x)
    windows = _Windows(x.shape[2:], sizes, strides, dilation, "valid", "unfold")
    y = np.stack([x[_of_all(where)] for _, where in windows], 2)
    return y.reshape(x.shape[0], -1, math.prod(windows.counts)), lambda d: _spread(d.reshape(y.shape), windows, x.shape)


def _spread(columns, windows, shape):
    """(n, c, places, windows...) added up where they came from."""
    x = np.zeros(shape, columns.dtype)
    for k, (_, where) in enumerate(windows):
        x[_of_all(where)] += columns[:, :, k]
    return x


def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Windows that are columns added up where they come from: what `unfold` does, transposed.

    Args:
        x: array (n, c · places, windows).
        output_size: (rows, columns) of the result, or one number.
        kernel_size, dilation, padding, stride: as in `unfold`.

    Returns:
        An array (n, c, rows, columns).
    """
    around, size = checks.non_negative_ints("padding", padding, 2), checks.positive_ints("output_size", output_size, 2)
    geometry = [checks.positive_ints(*each, 2) for each in (("kernel_size", kernel_size), ("stride", stride))]
    wide = [n + 2 * more for n, more in zip(size, around)]
    y = _folded(x, wide, *geometry, checks.positive_ints("dilation", dilation, 2))
    return shaping.get_item(y, (slice(None), slice(None), *(slice(more, more + n) for n, more in zip(size, around))))


@primitive()
def _folded(x, space, sizes, strides, dilation):
    x = np.asarray(x)
    windows = _Windows(space, sizes, strides, dilation, "valid", "fold")
    places = math.prod(sizes)
    if x.ndim != 3 or x.shape[1] % places or x.shape[2] != math.prod(windows.counts):
        raise ValueError(
            f"`fold`: x must be (n, channels · {places}, {math.prod(windows.counts)}). Received: shape {x.shape}."
        )
    channels = x.shape[1] // places

    def slope(d):
        return np.stack([d[_of_all(where)] for _, where in windows], 2).reshape(x.shape)

    columns = x.reshape(x.shape[0], channels, places, *windows.counts)
    return _spread(columns, windows, (x.shape[0], channels, *space)), slope
