"""What each of ONNX's operators is here.

`TABLE` has a function for each, which makes layers by an `Importer`:

    function(im, node, given, *inputs)    given: the node's attributes; inputs: `Value`s, arrays of constants, None

and returns a `Value`, an array, or a tuple of them.
"""

import math

import numpy as np

from cycnn import layers, ops
from cycnn.core import shapes
from cycnn.onnx.tensors import DTYPES

TABLE = {}
LOWEST = float(np.finfo(np.float32).min)
MOST_NUMBERS = 1 << 28  # in a constant that a file describes by its shape


class Unsupported(Exception):
    """What a node asks for and we do not have; the importer says which node."""


def reads(*kinds):
    """Decorator: the function reads operators of these kinds."""

    def decorate(function):
        TABLE.update(dict.fromkeys(kinds, function))
        return function

    return decorate


def is_constant(x):
    """Whether an input is a constant."""
    return isinstance(x, np.ndarray)


def like(x, tensor):
    """A result with x's order of axes."""
    return x._replace(tensor=tensor)


def plain(x, tensor):
    """A result in the file's order."""
    return type(x)(tensor, tuple(range(len(tensor.shape))))


def mapped(x, tensor):
    """A result that is a map (n, ..., c)."""
    n = len(tensor.shape)
    return type(x)(tensor, (0, n - 1, *range(1, n - 1)))


def _numbers(array):
    return [int(number) for number in np.ravel(array)]


# -------------------------------------------------------------------------------------------------- element by element


def _simple(make):
    """An operator without parameters: a layer or a function of our tensor."""

    def function(im, node, given, x):
        if is_constant(x):
            return np.asarray(make(x))
        return like(x, make(x.tensor))

    return function


for _kind, _make in {
    "Sigmoid": ops.sigmoid, "Tanh": ops.tanh, "Softplus": ops.softplus, "Softsign": ops.softsign, "Round": ops.round,
    "Exp": ops.exp, "Log": ops.log, "Sqrt": ops.sqrt, "Abs": ops.abs, "Neg": ops.negative, "Erf": ops.erf,
    "Sin": ops.sin, "Cos": ops.cos, "Tan": ops.tan, "Asin": ops.arcsin, "Acos": ops.arccos, "Atan": ops.arctan, "Sinh": ops.sinh,
    "Cosh": ops.cosh, "Floor": ops.floor, "Ceil": ops.ceil, "Sign": ops.sign,
    "Reciprocal": ops.reciprocal, "HardSwish": ops.hard_silu, "IsNaN": ops.isnan, "IsInf": ops.isinf,
    "Not": ops.logical_not,
}.items():  # fmt: skip
    TABLE[_kind] = _simple(_make)


def _layer(cls, *args):
    """An operator that is a layer without weights: a new one for each node."""
    return lambda im, node, given, x: like(x, cls(*args)(x.tensor))


TABLE["Relu"], TABLE["Mish"] = _layer(layers.ReLU), _layer(layers.Activation, "mish")


def _parametric(make):
    """An operator with attributes."""
    return lambda im, node, given, x: like(x, make(x.tensor, given))


for _kind, _make in {
    "LeakyRelu": lambda x, given: ops.leaky_relu(x, given.get("alpha", 0.01)),
    "Elu": lambda x, given: ops.elu(x, given.get("alpha", 1.0)),
    "Celu": lambda x, given: ops.celu(x, given.get("alpha", 1.0)),
    "Gelu": lambda x, given: ops.gelu(x, approximate=given.get("approximate", "none") == "tanh"),
    "ThresholdedRelu": lambda x, given: ops.threshold(x, given.get("alpha", 1.0), 0.0),
    "Swish": lambda x, given: x * ops.sigmoid(x * given.get("alpha", 1.0)),
}.items():
    TABLE[_kind] = _parametric(_make)


@reads("Selu")
def _selu(im, node, given, x):
    alpha, gamma = given.get("alpha", 1.6732632), given.get("gamma", 1.0507010)
    return like(x, ops.multiply(ops.elu(x.tensor, alpha), gamma))


@reads("HardSigmoid")
def _hard_sigmoid(im, node, given, x):
    alpha, beta = given.get("alpha", 0.2), given.get("beta", 0.5)
    if math.isclose(alpha, 1 / 6, rel_tol=1e-6) and beta == 0.5:
        return like(x, ops.hard_sigmoid(x.tensor))
    return like(x, ops.relu6((x.tensor * alpha + beta) * 6.0) / 6.0)


@reads("Shrink")
def _shrink(im, node, given, x):
    bias, lambd = given.get("bias", 0.0), given.get("lambd", 0.5)
    if bias not in (0.0, lambd):
        raise Unsupported(f"bias={bias} and lambd={lambd}")
    return like(x, (ops.soft_shrink if bias else ops.hard_shrink)(x.tensor, lambd))


@reads("Clip")
def _clip(im, node, given, x, low=None, high=None):
    low, high = (None if bound is None else float(np.ravel(bound)[0]) for bound in (low, high))
    if low == 0 and (high is None or high > 0):
        return like(x, ops.relu6(x.tensor) if high == 6 else layers.ReLU(max_value=high)(x.tensor))
    return like(x, ops.clip(x.tensor, -math.inf if low is None else low, math.inf if high is None else high))


@reads("PRelu")
def _prelu(im, node, given, x, slope):
    slope = slope.reshape((1,) * (x.ndim - slope.ndim) + slope.shape)
    slope = np.transpose(slope, np.argsort(x.axes))[0]
    layer = layers.PReLU(shared_axes=[k for k, length in enumerate(slope.shape, 1) if length == 1] or None)
    y = layer(x.tensor)
    layer.set_weights([slope])
    return like(x, y)


@reads("Identity", "Dropout")
def _identity(im, node, given, x, *others):
    return x


@reads("Cast")
def _cast(im, node, given, x):
    dtype = DTYPES[given["to"]][0]
    if is_constant(x):
        return x.astype(dtype)
    kind, readers = np.dtype(dtype).kind, im.consumers.get(node.output[0], [])
    if np.dtype(x.tensor.dtype).kind == kind or (kind in "iu" and {reader.op_type for reader in readers} == {"Gather"}):
        return x  # floats are float32 here, and numbers of rows are floats
    return like(x, ops.cast(x.tensor, {"f": "float32", "b": "bool"}.get(kind, "int32")))


def _pairwise(function, layer=None, fold=None):
    """An operator with two inputs that broadcast: a layer for two tensors, else a function."""

    def read(im, node, given, a, b):
        if is_constant(a) and is_constant(b):
            if np.any(np.asarray(a) == -1) or np.any(np.asarray(b) == -1):
                raise Unsupported("numbers computed from the length of the batch")
            return np.asarray(fold(a, b)).astype(a.dtype if fold not in COMPARE else bool)
        (x, y), axes = im.together((a, b))
        value = a if not is_constant(a) else b
        both = not is_constant(a) and not is_constant(b)
        found = layer()([x, y]) if both and layer and x.dtype == y.dtype == "float32" else function(x, y)
        return type(value)(found, axes)

    return read


COMPARE = (np.equal, np.greater, np.greater_equal, np.less, np.less_equal)
for _kind, _parts in {
    "Add": (ops.add, layers.Add, np.add),
    "Sub": (ops.subtract, layers.Subtract, np.subtract),
    "Mul": (ops.multiply, layers.Multiply, np.multiply),
    "Div": (ops.divide, None, lambda a, b: a // b if a.dtype.kind in "iu" else a / b),
    "Pow": (ops.power, None, np.power),
    "Mod": (ops.mod, None, np.mod),
    "Equal": (ops.equal, None, np.equal),
    "Greater": (ops.greater, None, np.greater),
    "GreaterOrEqual": (ops.greater_equal, None, np.greater_equal),
    "Less": (ops.less, None, np.less),
    "LessOrEqual": (ops.less_equal, None, np.less_equal),
    "And": (ops.logical_and, None, np.logical_and),
    "Or": (ops.logical_or, None, np.logical_or),
    "Xor": (ops.logical_xor, None, np.logical_xor),
}.items():
    TABLE[_kind] = _pairwise(*_parts)


def _among(layer, function):
    """An operator with any number of inputs."""
    two = _pairwise(function, layer, function)

    def read(im, node, given, *xs):
        found = xs[0]
        for x in xs[1:]:
            found = two(im, node, given, found, x)
        return found

    return read


TABLE["Max"], TABLE["Min"] = _among(layers.Maximum, ops.maximum), _among(layers.Minimum, ops.minimum)
TABLE["Sum"] = _among(layers.Add, ops.add)


@reads("Mean")
def _mean_of_all(im, node, given, *xs):
    total = TABLE["Sum"](im, node, given, *xs)
    return like(total, ops.divide(total.tensor, float(len(xs))))


@reads("Where")
def _where(im, node, given, condition, a, b):
    if all(map(is_constant, (condition, a, b))):
        return np.where(condition, a, b)
    found, axes = im.together((condition, a, b))
    value = next(v for v in (condition, a, b) if not is_constant(v))
    return type(value)(ops.where(*found), axes)


@reads("Softmax", "LogSoftmax")
def _softmax(im, node, given, x):
    function = ops.softmax if node.op_type == "Softmax" else ops.log_softmax
    return like(x, function(x.tensor, axis=x.axes[given.get("axis", -1)]))


# ------------------------------------------------------------------------------------------------------------- products


def _dense(im, node, x, kernel, bias):
    layer = layers.Dense(kernel.shape[1], use_bias=bias is not None, name=im.name(node.name))
    y = layer(x)
    layer.set_weights([kernel] if bias is None else [kernel, bias])
    return y


@reads("Gemm")
def _gemm(im, node, given, a, b, c=None):
    if not is_constant(b) or given.get("transA", 0) or (c is not None and not is_constant(c)):
        raise Unsupported("weights that are computed, or `transA`")
    kernel = (b.T if given.get("transB", 0) else b) * np.float32(given.get("alpha", 1.0))
    bias = None if c is None else np.broadcast_to(c * np.float32(given.get("beta", 1.0)), (1, kernel.shape[1]))[0]
    return plain(a, _dense(im, node, im.plain(a), kernel, bias))


@reads("MatMul")
def _matmul(im, node, given, a, b):
    if is_constant(a):
        raise Unsupported("a constant on the left")
    if not is_constant(b):
        return plain(a, ops.matmul(im.plain(a), im.plain(b)))
    if b.ndim != 2:
        return plain(a, ops.matmul(im.plain(a), b))
    add, bias = im.follower(node, "Add"), None
    if add is not None:
        (other,) = [name for name in add.input if name != node.output[0]] or [""]
        found = im.values.get(other)
        bias = found if is_constant(found) and found.shape == (b.shape[1],) else None
    y = plain(a, _dense(im, node, im.plain(a), b, bias))
    if bias is not None:
        im.values[add.output[0]] = y
    return y


@reads("Einsum")
def _einsum(im, node, given, *xs):
    found = ops.einsum(given["equation"], *(x if is_constant(x) else im.plain(x) for x in xs))
    return plain(next(x for x in xs if not is_constant(x)), found)


# -------------------------------------------------------------------------------------------------------------- windows


def _window(given, space, kernel, x):
    """`(strides, dilation, pads)`: pads are one pair for each axis."""
    rank = len(space)
    strides = tuple(given.get("strides") or (1,) * rank)
    dilation = tuple(given.get("dilations") or (1,) * rank)
    automatic = given.get("auto_pad", "NOTSET")
    reach = [rate * (k - 1) + 1 for k, rate in zip(kernel, dilation)]
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        found = [shapes.window(*each, 1, "same") for each in zip(space, reach, strides)]
        pads = [(w.before, w.after) if automatic == "SAME_UPPER" else (w.after, w.before) for w in found]
    else:
        flat = list(given.get("pads") or (0,) * 2 * rank) if automatic == "NOTSET" else [0] * 2 * rank
        pads = list(zip(flat[:rank], flat[rank:]))
    if any(end < 0 for pair in pads for end in pair):
        raise Unsupported(f"pads={pads}")
    return strides, dilation, pads


def _padded(x, kernel, strides, dilation, pads):
    """`(our tensor, padding)`: with zeros around it, where the pads are not those of `"same"`."""
    space = x.shape[1:-1]
    if not any(map(any, pads)):
        return x, "valid"
    reach = [rate * (k - 1) + 1 for k, rate in zip(kernel, dilation)]
    same = [shapes.window(*each, 1, "same") for each in zip(space, reach, strides)]
    if [(w.before, w.after) for w in same] == pads:
        return x, "same"
    return _zeros_around(x, pads), "valid"


def _zeros_around(x, pads):
    rank = len(pads)
    layer = (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)[rank - 1]
    return layer(pads[0] if rank == 1 else tuple(pads))(x)


def _of_rank(rank, *classes):
    if not 1 <= rank <= len(classes) or classes[rank - 1] is None:
        raise Unsupported(f"{rank} axes of space")
    return classes[rank - 1]


@reads("Conv")
def _conv(im, node, given, x, weights, bias=None):
    if not is_constant(weights) or not (bias is None or is_constant(bias)):
        raise Unsupported("weights that are computed")
    tensor, kernel, groups = im.last(x), weights.shape[2:], given.get("group", 1)
    strides, dilation, pads = _window(given, tensor.shape[1:-1], kernel, x)
    tensor, padding = _padded(tensor, kernel, strides, dilation, pads)
    settings = {
        "strides": strides, "dilation_rate": dilation, "padding": padding, "use_bias": bias is not None,
        "name": im.name(node.name),
    }  # fmt: skip
    places = range(2, weights.ndim)
    if groups > 1 and weights.shape[1] == 1 and groups == tensor.shape[-1] and len(kernel) < 3:
        multiplier = weights.shape[0] // groups
        cls = _of_rank(len(kernel), layers.DepthwiseConv1D, layers.DepthwiseConv2D)
        layer = cls(kernel, depth_multiplier=multiplier, **settings)
        values = np.transpose(weights.reshape(groups, multiplier, *kernel), (*places, 0, 1))
    else:
        cls = _of_rank(len(kernel), layers.Conv1D, layers.Conv2D, layers.Conv3D)
        layer = cls(weights.shape[0], kernel, groups=groups, **settings)
        values = np.transpose(weights, (*places, 1, 0))
    y = layer(tensor)
    layer.set_weights([values] if bias is None else [values, bias])
    return mapped(x, y)


@reads("ConvTranspose")
def _conv_transpose(im, node, given, x, weights, bias=None):
    if not is_constant(weights) or given.get("group", 1) != 1 or given.get("output_shape"):
        raise Unsupported("weights that are computed, groups, or `output_shape`")
    tensor, kernel, rank = im.last(x), weights.shape[2:], weights.ndim - 2
    if given.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise Unsupported(f"auto_pad={given['auto_pad']!r}")
    strides, dilation, pads = _window(given, tensor.shape[1:-1], kernel, x)
    more = tuple(given.get("output_padding") or (0,) * rank)
    wanted = [
        ((n - 1) * stride + rate * (k - 1) + 1 + extra - before - after, before)
        for n, stride, rate, k, extra, (before, after) in zip(tensor.shape[1:-1], strides, dilation, kernel, more, pads)
    ]
    same = [shapes.transposed(*each, "same") for each in zip(tensor.shape[1:-1], kernel, strides, dilation)]
    cls = _of_rank(rank, layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
    is_same = any(map(any, pads)) and [(w.size, w.before) for w in same] == wanted
    whole = {"padding": "same"} if is_same else {"padding": "valid", "output_padding": more if any(more) else None}
    is_cut = not is_same and any(map(any, pads))
    if not is_same and not any(more):  # then `valid` may add zeros up to a multiple of the stride
        spare = [max(0, stride - rate * (k - 1) - 1) for stride, rate, k in zip(strides, dilation, kernel)]
        pads, is_cut = [(before, after + end) for (before, after), end in zip(pads, spare)], is_cut or any(spare)
    layer = cls(
        weights.shape[1], kernel, strides=strides, dilation_rate=dilation, use_bias=bias is not None,
        name=im.name(node.name), **whole,
    )  # fmt: skip
    y = layer(tensor)
    values = np.transpose(weights, (*range(2, weights.ndim), 1, 0))
    layer.set_weights([values] if bias is None else [values, bias])
    if is_cut:
        crop = _of_rank(rank, layers.Cropping1D, layers.Cropping2D, layers.Cropping3D)
        y = crop(pads[0] if rank == 1 else tuple(pads))(y)
    return mapped(x, y)


def _pool_geometry(im, given, x):
    """`(our tensor, window, strides, pads, how much further a rounded-up window reaches along each axis)`."""
    tensor, kernel = im.last(x), tuple(given["kernel_shape"])
    strides, dilation, pads = _window(given, tensor.shape[1:-1], kernel, x)
    if set(dilation) != {1}:
        raise Unsupported(f"dilations={dilation}")
    beyond = [0] * len(kernel)
    if given.get("ceil_mode", 0):
        for k, (n, size, stride, (before, after)) in enumerate(zip(tensor.shape[1:-1], kernel, strides, pads)):
            rest = (n + before + after - size) % stride
            last = n + before + after - size - rest + stride  # where one more window would begin
            if rest and last < n + before:
                beyond[k] = stride - rest
    return tensor, kernel, strides, pads, beyond


def _never_negative(im, name):
    """Whether a tensor of the file was made by an operator that gives nothing below zero."""
    maker = im.makers.get(name)
    if maker is not None and maker.op_type in ("MaxPool", "AveragePool", "Transpose", "Identity", "Dropout"):
        return _never_negative(im, maker.input[0])
    if maker is not None and maker.op_type == "Clip":
        low = im.values.get(maker.input[1]) if len(maker.input) > 1 else None
        return low is not None and np.ravel(low)[0] >= 0
    return maker is not None and maker.op_type in ("Relu", "Sigmoid", "Softmax", "Exp", "Abs")


@reads("MaxPool")
def _max_pool(im, node, given, x):
    if len(node.output) > 1 and im.consumers.get(node.output[1]):
        raise Unsupported("the places of the maxima")
    tensor, kernel, strides, pads, beyond = _pool_geometry(im, given, x)
    pads = [(before, after + more) for (before, after), more in zip(pads, beyond)]
    same = _padded(tensor, kernel, strides, (1,) * len(kernel), pads) if not any(beyond) else (tensor, "valid")
    if same[1] == "valid" and any(map(any, pads)):  # zeros are the smallest of all there, or the smallest number is
        if _never_negative(im, node.input[0]):
            tensor = _zeros_around(tensor, pads)
        else:
            tensor = ops.pad(tensor, ((0, 0), *pads, (0, 0)), constant_values=LOWEST)
    cls = _of_rank(len(kernel), layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D)
    return mapped(x, cls(kernel, strides, same[1])(tensor))


@reads("AveragePool")
def _average_pool(im, node, given, x):
    tensor, kernel, strides, pads, beyond = _pool_geometry(im, given, x)
    cls = _of_rank(len(kernel), layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D)
    counted = given.get("count_include_pad", 0)
    found, padding = _padded(tensor, kernel, strides, (1,) * len(kernel), pads)
    is_plain = not any(map(any, pads)) or (padding == "same" and not counted)
    if is_plain and not any(beyond):
        return mapped(x, cls(kernel, strides, padding)(found))
    space = tensor.shape[1:-1]
    wide = [(before, after + more) for (before, after), more in zip(pads, beyond)]
    y = cls(kernel, strides)(_zeros_around(tensor, wide))
    if counted and not any(beyond):
        return mapped(x, y)
    # Means of windows, of which fewer elements count: the share that counts is a constant for each of them.
    share = np.ones((), np.float32)
    for n, size, stride, (before, after), (_, end) in zip(space, kernel, strides, pads, wide):
        there = np.zeros(before + n + end, np.float32)
        there[(0 if counted else before) : before + n + (after if counted else 0)] = 1
        starts = np.arange(0, len(there) - size + 1, stride)
        share = share[..., None] * np.array([there[first : first + size].mean() for first in starts], np.float32)
    return mapped(x, ops.multiply(y, (1 / share)[None, ..., None].astype(np.float32)))


@reads("LpPool")
def _lp_pool(im, node, given, x):
    tensor, kernel, strides, pads, beyond = _pool_geometry(im, given, x)
    if given.get("p", 2) != 2 or len(kernel) != 2 or any(beyond):
        raise Unsupported("another power than 2, `ceil_mode`, or other than two axes of space")
    tensor, padding = _padded(tensor, kernel, strides, (1, 1), pads)
    return mapped(x, layers.L2Pooling2D(kernel, strides, padding)(tensor))


@reads("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(im, node, given, x):
    family = {
        "GlobalAveragePool": (
            layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D, layers.GlobalAveragePooling3D
        ),
        "GlobalMaxPool": (layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling3D),
    }[node.op_type]  # fmt: skip
    return mapped(x, _of_rank(x.ndim - 2, *family)(keepdims=True)(im.last(x)))


# -------------------------------------------------------------------------------------------------------- normalization


@reads("BatchNormalization")
def _batch_normalization(im, node, given, x, scale, bias, mean, variance):
    layer = layers.BatchNormalization(epsilon=given.get("epsilon", 1e-5), name=im.name(node.name))
    y = layer(im.last(x))
    layer.set_weights([scale, bias, mean, variance])
    return mapped(x, y)


@reads("InstanceNormalization", "GroupNormalization")
def _group_normalization(im, node, given, x, scale, bias):
    groups = given["num_groups"] if node.op_type == "GroupNormalization" else x.shape[1]
    if scale.shape != (x.shape[1],):
        raise Unsupported("one scale for each group (opset 18 to 20)")
    layer = layers.GroupNormalization(groups, epsilon=given.get("epsilon", 1e-5), name=im.name(node.name))
    y = layer(im.last(x))
    layer.set_weights([scale, bias])
    return mapped(x, y)


@reads("LayerNormalization")
def _layer_normalization(im, node, given, x, scale, bias=None):
    axis = given.get("axis", -1) % x.ndim
    settings = {"epsilon": given.get("epsilon", 1e-5), "center": bias is not None, "name": im.name(node.name)}
    layer = layers.LayerNormalization(list(range(axis, x.ndim)), **settings)
    y = layer(im.plain(x))
    layer.set_weights([np.broadcast_to(each, x.shape[axis:]) for each in (scale, bias) if each is not None])
    return plain(x, y)


@reads("LRN")
def _response_normalization(im, node, given, x):
    size, alpha = given["size"], given.get("alpha", 1e-4)
    numbers = {"alpha": alpha / size, "beta": given.get("beta", 0.75), "bias": given.get("bias", 1.0)}
    return mapped(x, layers.LocalResponseNormalization(size, **numbers)(im.last(x)))


# ----------------------------------------------------------------------------------------------------------- reductions


def _places(x, given, axes):
    """The axes of a reduction, in the file."""
    found = given.get("axes") if axes is None else _numbers(axes)
    return sorted(axis % x.ndim for axis in (found or range(x.ndim)))


def _reduction(function):
    def read(im, node, given, x, axes=None):
        keeps, places = bool(given.get("keepdims", 1)), _places(x, given, axes)
        if is_constant(x):
            return np.asarray(function(x, axis=tuple(places), keepdims=keeps))
        if 0 in places:
            raise Unsupported("the axis of the batch")
        if function is ops.mean and x.ndim > 2 and places == list(range(2, x.ndim)):
            pooled = mapped(x, TABLE["GlobalAveragePool"](im, _Kind("GlobalAveragePool"), {}, x).tensor)
            return pooled if keeps else plain(x, layers.Flatten()(pooled.tensor))
        y = function(x.tensor, axis=tuple(x.axes[axis] for axis in places), keepdims=keeps)
        if keeps:
            return like(x, y)
        kept = [place for axis, place in enumerate(x.axes) if axis not in places]
        return type(x)(y, tuple(sorted(kept).index(place) for place in kept))

    return read


class _Kind:
    """A node of which only the kind counts."""

    def __init__(self, op_type):
        self.op_type = op_type


for _kind, _function in {
    "ReduceMean": ops.mean, "ReduceSum": ops.sum, "ReduceMax": ops.max, "ReduceMin": ops.min, "ReduceProd": ops.prod,
    "ReduceL2": lambda x, axis, keepdims: ops.sqrt(ops.sum(ops.square(x), axis, keepdims)),
    "ReduceSumSquare": lambda x, axis, keepdims: ops.sum(ops.square(x), axis, keepdims),
    "ReduceLogSumExp": ops.logsumexp,
}.items():  # fmt: skip
    TABLE[_kind] = _reduction(_function)


@reads("ArgMax", "ArgMin")
def _place_of(im, node, given, x):
    function = ops.argmax if node.op_type == "ArgMax" else ops.argmin
    return plain(x, function(im.plain(x), given.get("axis", 0), bool(given.get("keepdims", 1))))


@reads("CumSum")
def _cumsum(im, node, given, x, axis):
    if given.get("exclusive", 0) or given.get("reverse", 0):
        raise Unsupported("`exclusive` or `reverse`")
    return plain(x, ops.cumsum(im.plain(x), int(np.ravel(axis)[0])))


# -------------------------------------------------------------------------------------------------- where elements lie


@reads("Constant")
def _constant(im, node, given):
    (name, value), *_ = given.items()
    if name == "value":
        return value
    if name not in ("value_float", "value_int", "value_floats", "value_ints"):
        raise Unsupported(f"`{name}`")
    return np.array(value, np.float32 if "float" in name else np.int64)


@reads("ConstantOfShape")
def _constant_of_shape(im, node, given, shape):
    if -1 in shape or math.prod(_numbers(shape)) > MOST_NUMBERS:
        raise Unsupported(f"the shape {tuple(_numbers(shape))}")
    return np.full(shape, given["value"][0] if "value" in given else np.float32(0))


@reads("Shape")
def _shape(im, node, given, x):
    lengths = [-1 if length is None else length for length in x.shape]
    return np.array(lengths[given.get("start", 0) : given.get("end", len(lengths))], np.int64)


@reads("Reshape")
def _reshape(im, node, given, x, shape):
    target = _numbers(shape)
    if is_constant(x):
        return x.reshape([x.shape[k] if length == 0 else length for k, length in enumerate(target)])
    target = [(x.shape[k] or 0) if length == 0 and k else length for k, length in enumerate(target)]
    first, *rest = target
    found = shapes.reshape(x.shape[1:], rest) if first in (0, -1, im.batch) else None
    if found is None:
        raise Unsupported(f"the shape {tuple(_numbers(shape))} for samples {x.shape[1:]}, which must stay apart")
    return plain(x, layers.Reshape(found)(im.elements(x)))


@reads("Flatten")
def _flatten(im, node, given, x):
    if given.get("axis", 1) % x.ndim != 1:
        raise Unsupported(f"axis={given['axis']}")
    return plain(x, layers.Flatten()(im.elements(x)))


@reads("Squeeze", "Unsqueeze")
def _squeeze(im, node, given, x, axes=None):
    if is_constant(x):
        change = np.squeeze if node.op_type == "Squeeze" else np.expand_dims
        return change(x, None if axes is None else tuple(_numbers(axes)))
    sample = list(x.shape)
    if node.op_type == "Squeeze":
        found = [k for k, length in enumerate(sample) if length == 1] if axes is None else _numbers(axes)
        gone = [axis % x.ndim for axis in found]
        sample = [length for k, length in enumerate(sample) if k not in gone]
    else:
        for axis in sorted(axis % (x.ndim + np.size(axes)) for axis in _numbers(axes)):
            sample.insert(axis, 1)
    if not sample or sample[0] is not None:
        raise Unsupported("the axis of the batch")
    return plain(x, layers.Reshape(sample[1:])(im.elements(x)))


@reads("Transpose")
def _transpose(im, node, given, x):
    perm = given.get("perm") or list(range(x.ndim))[::-1]
    if is_constant(x):
        return np.transpose(x, perm)
    if perm[0] != 0:
        raise Unsupported(f"perm={tuple(perm)}, which moves the axis of the batch")
    return x._replace(axes=tuple(x.axes[axis] for axis in perm))


@reads("Concat")
def _concat(im, node, given, *xs):
    if all(map(is_constant, xs)):
        return np.concatenate(xs, given["axis"])
    if any(map(is_constant, xs)):
        raise Unsupported("constants beside tensors")
    tensors, axes = im.together(xs)
    return type(xs[0])(layers.Concatenate(axes[given["axis"]])(tensors), axes)


@reads("Split")
def _split(im, node, given, x, split=None):
    axis, count = given.get("axis", 0) % x.ndim, len(node.output)
    length = x.shape[axis]
    size = -(-length // count)
    sizes = [min(size, length - k * size) for k in range(count)] if split is None else _numbers(split)
    ends = np.cumsum(sizes).tolist()
    return tuple(_cut(x, {axis: slice(last - size, last)}) for size, last in zip(sizes, ends))


def _cut(x, bounds):
    """Slices along the file's axes."""
    if 0 in bounds:
        raise Unsupported("the axis of the batch")
    key = [slice(None)] * x.ndim
    for axis, bound in bounds.items():
        key[x.axes[axis]] = bound
    return like(x, ops.get_item(x.tensor, tuple(key)))


@reads("Slice")
def _slice(im, node, given, x, starts, ends, axes=None, steps=None):
    starts, ends = _numbers(starts), _numbers(ends)
    places = [axis % x.ndim for axis in (range(len(starts)) if axes is None else _numbers(axes))]
    bounds = {}
    for axis, first, last, step in zip(places, starts, ends, [1] * len(starts) if steps is None else _numbers(steps)):
        length = x.shape[axis]
        if length is not None:  # as NumPy means it, whose -1 is the last place
            first = max(first + length, 0 if step > 0 else -1) if first < 0 else first
            last = (last + length if last + length >= 0 else None if step < 0 else 0) if last < 0 else last
        bounds[axis] = slice(first, last, step)
    if is_constant(x):
        return x[tuple(bounds.get(axis, slice(None)) for axis in range(x.ndim))]
    if bounds.get(0) == slice(0, np.iinfo(np.int64).max, 1):
        del bounds[0]
    return _cut(x, bounds)


@reads("Gather")
def _gather(im, node, given, x, indices):
    axis = given.get("axis", 0)
    if is_constant(x) and is_constant(indices):
        return np.take(x, indices, axis)
    if is_constant(x):
        if axis != 0 or x.ndim != 2:
            raise Unsupported("a constant that is not a table of rows")
        layer = layers.Embedding(*x.shape, name=im.name(node.name))
        y = layer(im.plain(indices))
        layer.set_weights([x])
        return plain(indices, y)
    if not is_constant(indices) or axis % x.ndim == 0:
        raise Unsupported("places that are computed, or the axis of the batch")
    return plain(x, ops.take(im.plain(x), indices, axis % x.ndim))


@reads("Expand")
def _expand(im, node, given, x, shape):
    if is_constant(x):
        return np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(shape)))
    first, *rest = _numbers(shape)
    if math.prod(rest) > MOST_NUMBERS:
        raise Unsupported(f"the shape {(first, *rest)}")
    lengths = [1 if first in (-1, im.batch) and len(rest) + 1 == x.ndim else first, *rest]
    return TABLE["Mul"](im, node, given, x, np.ones(lengths, np.float32))


@reads("Tile")
def _tile(im, node, given, x, repeats):
    return plain(x, ops.tile(im.plain(x), _numbers(repeats)))


@reads("Pad")
def _pad(im, node, given, x, pads, value=None, axes=None):
    mode, number = given.get("mode", "constant"), 0.0 if value is None else float(np.ravel(value)[0])
    places = range(x.ndim) if axes is None else [axis % x.ndim for axis in _numbers(axes)]
    pads = _numbers(pads)
    ends = [(0, 0)] * x.ndim
    for axis, pair in zip(places, zip(pads[: len(pads) // 2], pads[len(pads) // 2 :])):
        ends[x.axes[axis]] = pair
    if mode not in ("constant", "reflect", "edge") or any(end < 0 for pair in ends for end in pair) or any(ends[0]):
        raise Unsupported(f"mode={mode!r} and pads={tuple(pads)}")
    if mode == "constant" and number == 0 and 2 < x.ndim < 6 and not any(ends[-1]):
        return like(x, _zeros_around(x.tensor, ends[1:-1]))
    if mode == "edge":
        y = x.tensor
        for axis, (before, after) in enumerate(ends):
            if before or after:
                y = ops.take(y, np.arange(-before, y.shape[axis] + after).clip(0, y.shape[axis] - 1), axis)
        return like(x, y)
    return like(x, ops.pad(x.tensor, ends, mode, number if mode == "constant" else None))


@reads("DepthToSpace", "SpaceToDepth")
def _blocks(im, node, given, x):
    size, (_, c, h, w) = given["blocksize"], x.shape
    if node.op_type == "SpaceToDepth":
        lengths, order = (c, h // size, size, w // size, size), (3, 5, 1, 2, 4)
        shape = (c * size * size, h // size, w // size)
    elif given.get("mode", "DCR") == "DCR":
        lengths, order, shape = (size, size, c // size**2, h, w), (3, 4, 1, 5, 2), (c // size**2, h * size, w * size)
    else:
        lengths, order, shape = (c // size**2, size, size, h, w), (1, 4, 2, 5, 3), (c // size**2, h * size, w * size)
    return plain(x, layers.Reshape(shape)(layers.Permute(order)(layers.Reshape(lengths)(im.plain(x)))))


@reads("Resize", "Upsample")
def _resize(im, node, given, x, roi=None, scales=None, sizes=None):
    if given.get("axes") or given.get("antialias", 0) or given.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise Unsupported("`axes`, `antialias` or `keep_aspect_ratio_policy`")
    if sizes is None or not sizes.size:
        factors = [float(scale) for scale in scales]
        lengths = [n and math.floor(n * scale) for n, scale in zip(x.shape, factors)]
    else:
        lengths = [None, *_numbers(sizes)[1:]]
        factors = [1.0, *(out / n for out, n in zip(lengths[1:], x.shape[1:]))]
    second, last = (lengths[axis] == x.shape[axis] for axis in (1, -1))
    if not (second or last) or factors[0] != 1 or not 3 <= x.ndim <= 5:
        raise Unsupported("channels or samples of another number, or without axes of space")
    tensor, result, axes = (
        (im.last(x), mapped, range(2, x.ndim)) if second else (im.plain(x), plain, range(1, x.ndim - 1))
    )
    space, wanted, factors = ([each[axis] for axis in axes] for each in (x.shape, lengths, factors))
    mode = given.get("mode", "nearest")
    where = given.get("coordinate_transformation_mode", "half_pixel")
    rounding = given.get("nearest_mode", "round_prefer_floor")
    whole = [out // n for out, n in zip(wanted, space)]
    floors = (where, rounding) in (("asymmetric", "floor"), ("half_pixel", "round_prefer_floor"))
    if mode == "nearest" and floors and wanted == [n * k for n, k in zip(space, whole)]:
        cls = (layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D)[len(space) - 1]
        return result(x, cls(whole[0] if len(space) == 1 else tuple(whole))(tensor))
    if mode == "linear" and len(space) == 2 and where in ("half_pixel", "pytorch_half_pixel") and 1 not in wanted:
        return result(x, layers.Resizing(*wanted)(tensor))
    letters = "abcde"[: x.ndim]
    for axis, each in enumerate(zip(space, wanted, factors), 1):
        weights = _resizing_weights(*each, mode, where, rounding)
        new = letters.replace(letters[axis], "z")
        tensor = ops.einsum(f"{letters},z{letters[axis]}->{new}", tensor, weights)
    return result(x, tensor)


def _resizing_weights(length, out, factor, mode, where, rounding):
    """What each element of a line gives to each of a line of another length, (out, length)."""
    k = np.arange(out, dtype=np.float64)
    if where == "align_corners":
        places = k * (length - 1) / max(out - 1, 1)
    elif where == "asymmetric":
        places = k / factor
    elif where in ("half_pixel", "pytorch_half_pixel"):
        places = (k + 0.5) / factor - 0.5 if where == "half_pixel" or out > 1 else k * 0
    else:
        raise Unsupported(f"coordinate_transformation_mode={where!r}")
    if mode == "nearest":
        roundings = {
            "floor": np.floor, "ceil": np.ceil, "round_prefer_floor": lambda v: np.ceil(v - 0.5),
            "round_prefer_ceil": lambda v: np.floor(v + 0.5),
        }  # fmt: skip
        places = roundings[rounding](places)
    elif mode != "linear":
        raise Unsupported(f"mode={mode!r}")
    places = np.clip(places, 0, length - 1)
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(length))).astype(np.float32)


@reads("OneHot")
def _one_hot(im, node, given, x, depth, values):
    if values.tolist() != [0, 1]:
        raise Unsupported(f"values={values.tolist()}")
    return plain(x, ops.one_hot(im.plain(x), int(np.ravel(depth)[0]), given.get("axis", -1)))
