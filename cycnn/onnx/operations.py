"""What each operation of a graph is in ONNX.

`TABLE` has a function for each class, which adds nodes to a `Builder`:

    function(b, operation, x, y)    x: the `Value`, or a tuple of them; y: the output's `TensorSpec`

and returns a `Value`, or the name of a tensor in the model's order of axes. Classes that are not there are looked up by
their bases.
"""

import math

import numpy as np

from cycnn import config, layers
from cycnn.core import shapes
from cycnn.layers.merging.base_merge import BaseMerge, Repeat
from cycnn.layers.merging.multiply import Scale
from cycnn.layers.normalization.base_row_normalization import BaseRowNormalization
from cycnn.layers.pooling.base_global_pooling import GlobalAverage, GlobalMaximum
from cycnn.layers.pooling.base_pooling import Average, BaseAdaptivePooling, BasePooling, Maximum
from cycnn.onnx.builder import Unmapped, Value, channels_second
from cycnn.ops.convolution import Convolution, DepthwiseConvolution, TransposedConvolution
from cycnn.ops.elementwise import Affine, Combine, Elementwise
from cycnn.ops.layout import Crop, Enlarge, Join, Pad, Part, Reshape, Resize, Stack, Transpose
from cycnn.ops.product import ByMatrix
from cycnn.ops.reductions import Mean
from cycnn.ops.softmax import LogSoftmax, Softmax

TABLE = {}
ANY_TYPE = {Reshape, Transpose, Pad, Crop, Stack, Repeat}  # they move elements of any type; others compute with floats
MOST_WINDOWS = 64  # along one axis, of poolings whose windows are not all of one length


def writes(*classes):
    """Decorator: the function exports operations of these classes."""

    def decorate(function):
        TABLE.update(dict.fromkeys(classes, function))
        return function

    return decorate


def find(operation):
    """The function that exports an operation; None where there is none."""
    return next((TABLE[cls] for cls in type(operation).__mro__ if cls in TABLE), None)


def like(x, name, shape=None):
    """A result that is stored as x is."""
    return Value(name, x.axes, x.shape if shape is None else shape)


# -------------------------------------------------------------------------------------------------- element by element


def _relu_general(b, x, slope, top, threshold):
    y = x if threshold == 0 and math.isinf(top) and slope else None
    if y is not None:
        return b.node("LeakyRelu", x, alpha=slope)
    y = b.node("Where", b.node("LessOrEqual", x, float(threshold)), 0.0, x)
    if not math.isinf(top):
        y = b.node("Clip", y, 0.0, float(top))
    if not slope:
        return y
    below = b.node("Mul", b.node("Sub", x, float(threshold)), float(slope))
    return b.node("Where", b.node("Less", x, float(threshold)), b.node("Add", y, below), y)


def _sparse_plus(b, x):
    ramp = b.node("HardSigmoid", x, alpha=0.5, beta=0.5)
    return b.node("Add", b.node("Mul", ramp, ramp), b.node("Relu", b.node("Sub", x, 1.0)))


def _squareplus(b, x, c):
    root = b.node("Sqrt", b.node("Add", b.node("Mul", x, x), float(c)))
    return b.node("Mul", b.node("Add", x, root), 0.5)


ACTIVATIONS = {
    "relu": lambda b, x, *_: b.node("Relu", x),
    "sigmoid": lambda b, x, *_: b.node("Sigmoid", x),
    "tanh": lambda b, x, *_: b.node("Tanh", x),
    "relu6": lambda b, x, *_: b.node("Clip", x, 0.0, 6.0),
    "leaky_relu": lambda b, x, slope, *_: b.node("LeakyRelu", x, alpha=slope),
    "elu": lambda b, x, alpha, *_: b.node("Elu", x, alpha=alpha),
    "selu": lambda b, x, *_: b.node("Selu", x),
    "celu": lambda b, x, alpha, *_: b.node("Celu", x, alpha=alpha),
    "softplus": lambda b, x, *_: b.node("Softplus", x),
    "softsign": lambda b, x, *_: b.node("Softsign", x),
    "exponential": lambda b, x, *_: b.node("Exp", x),
    "hard_sigmoid": lambda b, x, *_: b.node("HardSigmoid", x, alpha=1 / 6, beta=0.5),
    "hard_tanh": lambda b, x, *_: b.node("Clip", x, -1.0, 1.0),
    "log_sigmoid": lambda b, x, *_: b.node("Neg", b.node("Softplus", b.node("Neg", x))),
    "soft_shrink": lambda b, x, lambd, *_: b.node("Shrink", x, lambd=lambd, bias=lambd),
    "hard_shrink": lambda b, x, lambd, *_: b.node("Shrink", x, lambd=lambd),
    "squareplus": lambda b, x, c, *_: _squareplus(b, x, c),
    "sparse_plus": lambda b, x, *_: _sparse_plus(b, x),
    "sparse_sigmoid": lambda b, x, *_: b.node("HardSigmoid", x, alpha=0.5, beta=0.5),
    "relu_general": _relu_general,
    "gelu": lambda b, x, *_: b.node("Gelu", x),
    "gelu_tanh": lambda b, x, *_: b.node("Gelu", x, approximate="tanh"),
    "silu": lambda b, x, *_: b.node("Mul", x, b.node("Sigmoid", x)),
    "mish": lambda b, x, *_: b.node("Mish", x),
    "hard_silu": lambda b, x, *_: b.node("HardSwish", x),
    "tanh_shrink": lambda b, x, *_: b.node("Sub", x, b.node("Tanh", x)),
    "threshold": lambda b, x, low, other, *_: b.node("Where", b.node("LessOrEqual", x, low), other, x),
}
COMBINATIONS = {"add": "Add", "subtract": "Sub", "multiply": "Mul", "maximum": "Max", "minimum": "Min"}


@writes(Elementwise)
def elementwise(b, operation, x, y):
    """An activation."""
    return like(x, ACTIVATIONS[operation.kind](b, x.name, *operation.parameters))


@writes(Affine)
def affine(b, operation, x, y):
    """x * scale + offset."""
    name = x.name if operation.scale == 1 else b.node("Mul", x.name, operation.scale)
    return like(x, name if operation.offset == 0 else b.node("Add", name, operation.offset))


@writes(Combine)
def combine(b, operation, x, y):
    """Two tensors of one shape."""
    names, axes = b.together(x, y.shape)
    return Value(b.node(COMBINATIONS[operation.kind], *names), axes, y.shape)


@writes(BaseMerge)
def merge(b, operation, x, y):
    """Any number of tensors, which the exporter hands over as they were before they were repeated."""
    names, axes = b.together(x, y.shape)
    total = names[0]
    for name in names[1:]:
        total = b.node(COMBINATIONS[operation.kind], total, name)
    if isinstance(operation, layers.Average):
        total = b.node("Div", total, float(len(names)))
    return Value(total, axes, y.shape)


@writes(Scale)
def scale(b, operation, x, y):
    """A tensor times a smaller one, with as many axes."""
    names, axes = b.together(x, y.shape)
    return Value(b.node("Mul", *names), axes, y.shape)


@writes(Softmax)
def softmax(b, operation, x, y):
    """Softmax and log-softmax over the last axis, wherever that is stored."""
    kind = "LogSoftmax" if isinstance(operation, LogSoftmax) else "Softmax"
    return like(x, b.node(kind, x.name, axis=x.axes[-1]))


@writes(layers.PReLU)
def prelu(b, operation, x, y):
    """Slopes for the last axes; those of length 1 are shared."""
    lengths = [length for length in operation.alpha.shape if length != 1]
    slopes = b.spread(operation.alpha.numpy().reshape(lengths), x.axes)
    return like(x, b.node("PRelu", x.name, b.constant(slopes, operation.alpha.path)))


@writes(layers.Embedding)
def embedding(b, operation, x, y):
    """Rows of a table."""
    return b.node("Gather", b.weight(operation.embeddings), b.node("Cast", b.plain(x), to=7))


# ------------------------------------------------------------------------------------------------------------- products


@writes(ByMatrix)
def product(b, operation, x, y):
    """x @ kernel + bias, some of x's last axes with the kernel's first ones."""
    kernel, bias = operation.kernel, operation.bias
    summed = (x.ndim + kernel.ndim - len(y.shape)) // 2  # axes
    k, f = math.prod(kernel.shape[:summed]), math.prod(kernel.shape[summed:])
    rows = b.plain(x) if summed == 1 else b.reshape(b.plain(x), (*x.shape[1 : x.ndim - summed], k))
    weights = b.weight(kernel, "matrix", lambda array: array.reshape(k, f))
    offsets = None if bias is None else b.weight(bias, "vector", lambda array: array.reshape(f))
    if len(x.shape) - summed == 1:
        product = b.node("Gemm", rows, weights, *filter(None, [offsets]))
    else:
        product = b.node("MatMul", rows, weights)
        product = product if offsets is None else b.node("Add", product, offsets)
    return product if kernel.ndim == summed + 1 else b.reshape(product, y.sample)


def _weights_first(array):
    """(places..., c, f) -> (f, c, places...)."""
    return np.transpose(array, (array.ndim - 1, array.ndim - 2, *range(array.ndim - 2)))


def _by_channel(array):
    """(places..., c, multiplier) -> (c * multiplier, 1, places...)."""
    channels_first = np.moveaxis(array, (-2, -1), (0, 1))
    return channels_first.reshape(-1, 1, *array.shape[:-2])


def _padding(operation, sample, strides, reach):
    """The attribute that says how a convolution or pooling pads.

    Args:
        operation: has `padding` as in `shapes.window`.
        sample: shape of the input, channels last.
        strides, reach: for each axis of space: step, and length of the (dilated) window.
    """
    found = [shapes.window(*each, 1, operation.padding) for each in zip(sample, reach, strides)]
    return {"pads": (*(w.before for w in found), *(w.after for w in found))}


def _geometry(operation, sample):
    """The attributes of a convolution's window."""
    rank = operation.rank
    kernel, strides, dilation = (each[-rank:] for each in (operation.places, operation.strides, operation.dilation))
    reach = [rate * (k - 1) + 1 for k, rate in zip(kernel, dilation)]
    return {
        "kernel_shape": tuple(kernel),
        "strides": tuple(strides),
        "dilations": tuple(dilation),
        **_padding(operation, sample, strides, reach),
    }


def _convolved(b, kind, operation, x, y, weights, attributes):
    """The node of a convolution. It takes over the zeros that were put around its input."""
    name, axes = b.stored(x, channels_second(x.ndim)), channels_second(x.ndim)
    source, ends = b.borders.get(name, (name, {}))
    if kind == "Conv" and all(axis > 1 for axis in ends):
        before, after = zip(*(ends.get(axis, (0, 0)) for axis in range(2, x.ndim)))
        pads = tuple(map(sum, zip(attributes["pads"], (*before, *after))))
        name, attributes = source, {**attributes, "pads": pads}
    bias = [] if operation.bias is None else [b.weight(operation.bias)]
    return Value(b.node(kind, name, weights, *bias, **attributes), axes, y.shape)


@writes(Convolution)
def convolution(b, operation, x, y):
    """A kernel that slides."""
    weights = b.weight(operation.kernel, "filters first", _weights_first)
    geometry = _geometry(operation, x.shape[1:-1])
    return _convolved(b, "Conv", operation, x, y, weights, {**geometry, "group": operation.groups})


@writes(DepthwiseConvolution)
def depthwise(b, operation, x, y):
    """Kernels for each channel: groups of one channel."""
    weights = b.weight(operation.kernel, "by channel", _by_channel)
    geometry = _geometry(operation, x.shape[1:-1])
    return _convolved(b, "Conv", operation, x, y, weights, {**geometry, "group": operation.kernel.shape[-2]})


@writes(TransposedConvolution)
def transposed(b, operation, x, y):
    """The gradient of a convolution."""
    windows = operation.windows(x.shape[1:])[-operation.rank :]
    attributes = _geometry(operation, x.shape[1:-1])
    attributes["pads"] = (*(w.before for w in windows), *(max(0, w.after) for w in windows))
    attributes["output_padding"] = tuple(max(0, -w.after) for w in windows)
    weights = b.weight(operation.kernel, "filters first", _weights_first)
    return _convolved(b, "ConvTranspose", operation, x, y, weights, attributes)


# ------------------------------------------------------------------------------------------------------------- poolings


@writes(BasePooling)
def pooling(b, operation, x, y):
    """Windows of one size. Padding never wins, and is not counted; to a sum it adds nothing."""
    axes = channels_second(x.ndim)
    sizes = tuple(operation.pool_size)
    window = {
        "kernel_shape": sizes,
        "strides": tuple(operation.strides),
        **_padding(operation, x.shape[1:-1], operation.strides, sizes),
    }
    name = b.stored(x, axes)
    if isinstance(operation, Maximum):
        found = b.node("MaxPool", name, **window)
    elif isinstance(operation, Average):
        found = b.node("AveragePool", name, **window)
    elif isinstance(operation, layers.SumPooling2D):
        found = b.node("AveragePool", name, **window, count_include_pad=1)
        found = b.node("Mul", found, float(math.prod(sizes)))
    elif isinstance(operation, layers.L2Pooling2D):
        found = b.node("LpPool", name, **window, p=2)
    else:
        raise Unmapped(f"{type(operation).__name__}, a pooling of its own kind")
    return Value(found, axes, y.shape)


@writes(layers.MaxUnpooling2D)
def unpooling(b, operation, x, y):
    """Zeros, with each pooled value added where the maximum of its window was."""
    pooled, before = (b.stored(each, channels_second(4)) for each in x)
    window = _padding(operation, x[1].shape[1:-1], operation.strides, operation.pool_size)
    _, places = b.node(
        "MaxPool",
        before,
        outputs=2,
        kernel_shape=tuple(operation.pool_size),
        strides=tuple(operation.strides),
        **window,
    )
    whole = b.integers(-1)
    zeros = b.node("Reshape", b.node("Mul", before, 0.0), whole)
    flat = b.node("Reshape", places, whole), b.node("Reshape", pooled, whole)
    found = b.node("ScatterElements", zeros, *flat, axis=0, reduction="add")
    return Value(b.node("Reshape", found, b.node("Shape", before)), channels_second(4), y.shape)


@writes(BaseAdaptivePooling)
def adaptive_pooling(b, operation, x, y):
    """One axis after the other: a mean of rows of means, all of one length, is that of the window; so is a maximum."""
    kind = "ReduceMax" if isinstance(operation, Maximum) else "ReduceMean"
    axes, name = channels_second(x.ndim), b.stored(x, channels_second(x.ndim))
    for axis, (length, count) in enumerate(zip(x.shape[1:-1], operation.output_size), 2):
        if length == count:
            continue
        if count > MOST_WINDOWS:
            raise Unmapped(f"adaptive pooling to {count} windows along an axis, more than {MOST_WINDOWS}")
        ends = [(k * length // count, -(-(k + 1) * length // count)) for k in range(count)]
        parts = [b.node(kind, _slice(b, name, [axis], [first], [last]), b.integers(axis)) for first, last in ends]
        name = b.node("Concat", *parts, axis=axis) if count > 1 else parts[0]
    return Value(name, axes, y.shape)


@writes(GlobalAverage, GlobalMaximum)
def global_pooling(b, operation, x, y):
    """One value for each channel."""
    kind = "GlobalMaxPool" if isinstance(operation, GlobalMaximum) else "GlobalAveragePool"
    return b.reshape(b.node(kind, b.stored(x, channels_second(x.ndim))), y.sample)


@writes(Mean)
def mean(b, operation, x, y):
    """The mean over the first axes of a sample."""
    gone = [x.axes[axis] for axis in range(1, operation.count + 1)]
    kept = sorted(set(x.axes) - set(gone))
    axes = tuple(kept.index(place) for place in x.axes if place not in gone)
    return Value(b.node("ReduceMean", x.name, b.integers(*sorted(gone)), keepdims=0), axes, y.shape)


# -------------------------------------------------------------------------------------------------------- normalization


@writes(layers.BatchNormalization)
def batch_normalization(b, operation, x, y):
    """By constant statistics: the moving ones."""
    x = x if x.axes[-1] == 1 else x._replace(name=b.stored(x, channels_second(x.ndim)), axes=channels_second(x.ndim))
    mean, variance = operation.moving_mean, operation.moving_variance
    numbers = [_scale(b, operation, mean.shape), _center(b, operation, mean.shape), b.weight(mean), b.weight(variance)]
    return like(x, b.node("BatchNormalization", x.name, *numbers, epsilon=float(operation.epsilon)))


def _scale(b, operation, shape):
    gamma = operation.gamma
    return b.constant(np.ones(shape, np.float32)) if gamma is None else b.weight(gamma)


def _center(b, operation, shape):
    beta = operation.beta
    return b.constant(np.zeros(shape, np.float32)) if beta is None else b.weight(beta)


@writes(layers.GroupNormalization)
def group_normalization(b, operation, x, y):
    """Each sample's groups of channels by their own statistics. The operator wants an axis of space."""
    c = x.shape[-1]
    name, axes = b.stored(x, channels_second(x.ndim)), channels_second(x.ndim)
    name = b.node("Unsqueeze", name, b.integers(2)) if x.ndim == 2 else name
    numbers = [_scale(b, operation, (c,)), _center(b, operation, (c,))]
    attributes = {"num_groups": operation.groups, "epsilon": float(operation.epsilon)}
    name = b.node("GroupNormalization", name, *numbers, **attributes)
    return Value(b.node("Squeeze", name, b.integers(2)) if x.ndim == 2 else name, axes, x.shape)


@writes(layers.LocalResponseNormalization)
def response_normalization(b, operation, x, y):
    """ONNX divides alpha by the size. Runtimes expect two axes of space."""
    axes = channels_second(x.ndim)
    name, c = b.stored(x, axes), x.shape[-1]
    name = name if x.ndim == 4 else b.node("Reshape", name, b.integers(0, c, 1, -1))
    numbers = {"alpha": float(operation.alpha * operation.size), "beta": float(operation.beta)}
    name = b.node("LRN", name, size=operation.size, bias=float(operation.bias), **numbers)
    return Value(name if x.ndim == 4 else b.reshape(name, (c, *x.shape[1:-1])), axes, x.shape)


@writes(BaseRowNormalization)
def row_normalization(b, operation, x, y):
    """Each sample by itself, over its last axes."""
    name, count = b.plain(x), len(operation.axis) if isinstance(operation.axis, list) else 1
    places = b.integers(*range(-count, 0))
    if operation.kind == "layer":
        gamma, beta = operation.gamma, operation.beta
        shape = x.shape[-count:]
        numbers = [_scale(b, operation, shape), *([] if beta is None else [b.weight(beta)])]
        return b.node("LayerNormalization", name, *numbers, axis=-count, epsilon=float(operation.epsilon))
    if operation.kind == "unit":
        return b.node("Div", name, b.node("Max", b.node("ReduceL2", name, places), float(operation.epsilon)))
    squares = b.node("ReduceMean", b.node("Mul", name, name), places)
    normalized = b.node("Div", name, b.node("Sqrt", b.node("Add", squares, float(operation.epsilon))))
    gamma = operation.gamma
    return normalized if gamma is None else b.node("Mul", normalized, b.weight(gamma))


@writes(layers.Normalization)
def normalization(b, operation, x, y):
    """By statistics that are constants, along the last axes."""
    deviation = np.maximum(np.sqrt(operation.variance), np.float32(config.epsilon()))
    mean, deviation = (b.constant(b.spread(each, x.axes)) for each in (operation.mean, deviation))
    if operation.invert:
        return like(x, b.node("Add", b.node("Mul", x.name, deviation), mean))
    return like(x, b.node("Div", b.node("Sub", x.name, mean), deviation))


# -------------------------------------------------------------------------------------------------- where elements lie


@writes(Reshape)
def reshape(b, operation, x, y):
    """Other axes. A vector of channels becomes a map of one pixel as convolutions want it."""
    sample = y.sample
    if len(sample) > 1 and set(sample[:-1]) == {1}:
        axes = channels_second(len(y.shape))
        return Value(b.reshape(b.elements(x), (sample[-1], *sample[:-1])), axes, y.shape, x.dtype)
    return Value(b.reshape(b.elements(x), sample), tuple(range(len(y.shape))), y.shape, x.dtype)


@writes(Transpose)
def transpose(b, operation, x, y):
    """Another order of axes costs nothing until somebody needs it."""
    return Value(x.name, tuple(x.axes[axis] for axis in (0, *operation.axes)), y.shape, x.dtype)


@writes(Pad)
def pad(b, operation, x, y):
    """Zeros around a sample; the zeros around a map may become those of a convolution."""
    if x.is_plain and x.ndim > 2 and not (operation.before[-1] or operation.after[-1]):
        x = x._replace(name=b.stored(x, channels_second(x.ndim)), axes=channels_second(x.ndim))
    ends = {x.axes[axis]: each for axis, each in enumerate(zip(operation.before, operation.after), 1) if any(each)}
    wide = [ends.get(axis, (0, 0)) for axis in range(x.ndim)]
    # A negative zero: ONNX Runtime 1.31 takes zeros before a max-pooling for the padding of that, which never wins.
    zero = np.array(-0.0, np.float32).astype(x.dtype)
    name = b.node("Pad", x.name, b.integers(*(each[0] for each in wide), *(each[1] for each in wide)), zero)
    b.borders[name] = x.name, ends
    return Value(name, x.axes, y.shape, x.dtype)


def _slice(b, name, axes, first, last):
    return b.node("Slice", name, *(b.integers(*each) for each in (first, last, axes)))


@writes(Crop)
def crop(b, operation, x, y):
    """A sample without its border, whose end is counted from the end."""
    ends = [
        (x.axes[axis], before, -after if after else np.iinfo(np.int64).max)
        for axis, (before, after) in enumerate(zip(operation.before, operation.after), 1)
        if before or after
    ]
    axes, first, last = zip(*ends)
    return Value(_slice(b, x.name, axes, first, last), x.axes, y.shape, x.dtype)


@writes(Part)
def part(b, operation, x, y):
    """Some elements along an axis."""
    axis = x.axes[operation.axis + 1]
    return Value(_slice(b, x.name, [axis], [operation.start], [operation.stop]), x.axes, y.shape, x.dtype)


def joined(b, x, axis, shape):
    """Tensors one behind the other along one of the model's axes."""
    names, axes = b.together(x, shape)
    return Value(b.node("Concat", *names, axis=axes[axis]), axes, shape, x[0].dtype)


@writes(Join)
def join(b, operation, x, y):
    """Along an axis that is counted from 0 behind the samples."""
    return joined(b, x, operation.axis + 1, y.shape)


@writes(layers.Concatenate)
def concatenate(b, operation, x, y):
    """Along an axis that is counted from the samples' on."""
    return joined(b, x, operation.axis % len(y.shape), y.shape)


@writes(Stack)
def stack(b, operation, x, y):
    """Along a new axis."""
    return b.node("Concat", *(b.node("Unsqueeze", b.plain(each), b.integers(1)) for each in x), axis=1)


@writes(Repeat)
def repeat(b, operation, x, y):
    """(a, 1, b) -> (a, count, b)."""
    thin = b.reshape(b.plain(x), (operation.before, 1, operation.behind))
    return b.node("Expand", thin, b.integers(1, operation.before, operation.count, operation.behind))


@writes(Enlarge)
def enlarge(b, operation, x, y):
    """Pixels become blocks."""
    axes = channels_second(x.ndim)
    scales = b.constant(np.array([1, 1, *operation.factors], np.float32))
    where = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return Value(b.node("Resize", b.stored(x, axes), "", scales, mode="nearest", **where), axes, y.shape)


def _scale_to(length, out):
    """The factor in float32, rounded so that the length times it, rounded down, is `out`."""
    scale = np.float32(out / length)
    return scale if float(scale) * length >= out else np.nextafter(scale, np.float32(np.inf))


@writes(Resize)
def resize(b, operation, x, y):
    """Pixels are squares. The nearest pixels are constants, because runtimes round differently."""
    changed = [axis for axis in range(1, x.ndim) if x.shape[axis] != y.shape[axis]]
    if not changed:
        return x
    if operation.linear:
        # Not by lengths: all would be needed, that of the batch too, and ONNX Runtime 1.31 moves transposes wrongly
        # past a node with an attribute `axes`.
        scales = np.ones(x.ndim, np.float32)
        for axis in changed:
            scales[x.axes[axis]] = _scale_to(x.shape[axis], y.shape[axis])
        return like(x, b.node("Resize", x.name, "", b.constant(scales), mode="linear"), y.shape)
    name = x.name
    for axis in changed:
        length, out = x.shape[axis], y.shape[axis]
        near = (2 * np.arange(out, dtype=np.int64) + 1) * length // (2 * out)
        name = b.node("Gather", name, b.constant(near), axis=x.axes[axis])
    return Value(name, x.axes, y.shape)
