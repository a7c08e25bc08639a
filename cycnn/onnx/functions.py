"""What each function of `cycnn.ops` is in ONNX, where no operation with kernels computes it.

`TABLE` has a function for each name, which adds nodes to a `Builder`:

    function(b, y, *args, **kwargs)    as the program called it: `Value`s for tensors, arrays for weights; y: the
                                       output's `TensorSpec`

and returns a `Value`, or the name of a tensor in the model's order of axes. Functions that are written with others are
taken apart by the exporter.
"""

import math

import numpy as np

from cycnn.core import shapes
from cycnn.onnx.builder import Unmapped, Value, channels_second
from cycnn.ops.dtypes import standardize

TABLE = {}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LAST = np.iinfo(np.int64).max


def writes(*names):
    """Decorator: the function exports the functions of these names."""

    def decorate(function):
        TABLE.update(dict.fromkeys(names, function))
        return function

    return decorate


def _table(family, kinds):
    for name, kind in kinds.items():
        TABLE[name] = family(kind)


# -------------------------------------------------------------------------------------------------- element by element


def _unary(compute):
    """A function of each element: ONNX's name of it, or how to write it."""

    def function(b, y, x):
        name = b.cast(x, "float32" if y.dtype == "bool" else y.dtype).name
        return Value(b.node(compute, name) if isinstance(compute, str) else compute(b, name), x.axes, y.shape, y.dtype)

    return function


_table(
    _unary,
    {
        "abs": "Abs", "fabs": "Abs", "sign": "Sign", "negative": "Neg", "reciprocal": "Reciprocal", "sqrt": "Sqrt",
        "exp": "Exp", "log": "Log", "sin": "Sin", "cos": "Cos", "tan": "Tan", "arcsin": "Asin", "arccos": "Acos",
        "arctan": "Atan", "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh", "arcsinh": "Asinh", "arccosh": "Acosh",
        "arctanh": "Atanh", "erf": "Erf", "floor": "Floor", "ceil": "Ceil", "isnan": "IsNaN", "isinf": "IsInf",
        "copy": "Identity", "stop_gradient": "Identity",
        "square": lambda b, x: b.node("Mul", x, x),
        "rsqrt": lambda b, x: b.node("Reciprocal", b.node("Sqrt", x)),
        "exp2": lambda b, x: b.node("Exp", b.node("Mul", x, math.log(2))),
        "expm1": lambda b, x: b.node("Sub", b.node("Exp", x), 1.0),
        "log1p": lambda b, x: b.node("Log", b.node("Add", x, 1.0)),
        "log2": lambda b, x: b.node("Div", b.node("Log", x), math.log(2)),
        "log10": lambda b, x: b.node("Div", b.node("Log", x), math.log(10)),
        "zeros_like": lambda b, x: b.node("Mul", x, 0.0),
        "erfc": lambda b, x: b.node("Sub", 1.0, b.node("Erf", x)),
        "isfinite": lambda b, x: b.node("Not", b.node("Or", b.node("IsNaN", x), b.node("IsInf", x))),
    },
)  # fmt: skip


def _binary(compute, compares=False):
    """A function of pairs of elements, which computes in the type of its result, or in float32 where it `compares`."""

    def function(b, y, x1, x2):
        dtype = "bool" if compares is None else "float32" if compares else y.dtype
        names, axes = b.together((x1, x2), y.shape, dtype)
        name = b.node(compute, *names) if isinstance(compute, str) else compute(b, *names)
        return Value(name, axes, y.shape, y.dtype)

    return function


def _rest(b, x, n):
    return b.node("Sub", x, b.node("Mul", b.node("Floor", b.node("Div", x, n)), n))


def _logaddexp(b, x, z):
    gap = b.node("Neg", b.node("Abs", b.node("Sub", x, z)))
    return b.node("Add", b.node("Max", x, z), b.node("Log", b.node("Add", b.node("Exp", gap), 1.0)))


def _divide_no_nan(b, x, n):
    zero = b.node("Equal", n, 0.0)
    return b.node("Where", zero, 0.0, b.node("Div", x, b.node("Where", zero, 1.0, n)))


_table(
    _binary,
    {
        "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "true_divide": "Div", "power": "Pow",
        "maximum": "Max", "minimum": "Min",
        "floor_divide": lambda b, x, n: b.node("Floor", b.node("Div", x, n)),
        "mod": _rest,
        "logaddexp": _logaddexp,
        "divide_no_nan": _divide_no_nan,
        "hypot": lambda b, x, z: b.node("Sqrt", b.node("Add", b.node("Mul", x, x), b.node("Mul", z, z))),
    },
)  # fmt: skip
_table(
    lambda kind: _binary(kind, compares=True),
    {
        "equal": "Equal", "greater": "Greater", "greater_equal": "GreaterOrEqual", "less": "Less",
        "less_equal": "LessOrEqual", "not_equal": lambda b, x, z: b.node("Not", b.node("Equal", x, z)),
    },
)  # fmt: skip
_table(lambda kind: _binary(kind, compares=None), {"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor"})


@writes("logical_not")
def _not(b, y, x):
    return Value(b.node("Not", b.cast(x, "bool").name), x.axes, y.shape, "bool")


@writes("clip")
def _clip(b, y, x, x_min, x_max):
    low, high = (np.asarray(bound, y.dtype) for bound in (x_min, x_max))
    if low.ndim or high.ndim:
        raise Unmapped("`clip` by arrays")
    return Value(b.node("Clip", b.cast(x, y.dtype).name, low, high), x.axes, y.shape, y.dtype)


@writes("round")
def _round(b, y, x, decimals=0):
    if decimals:
        raise Unmapped("`round` to decimals")
    return Value(b.node("Round", x.name), x.axes, y.shape, y.dtype)


@writes("_where")
def _where(b, y, condition, x1, x2):
    condition = b.cast(condition, "bool") if isinstance(condition, Value) else np.asarray(condition, bool)
    values = [b.cast(v, y.dtype) if isinstance(v, Value) else np.asarray(v, y.dtype) for v in (x1, x2)]
    names, axes = b.together((condition, *values), y.shape)
    return Value(b.node("Where", *names), axes, y.shape, y.dtype)


@writes("cast")
def _cast(b, y, x, dtype):
    return b.cast(x, y.dtype)


@writes("floats")
def _floats(b, y, x):
    return b.cast(x, y.dtype)


def _filled(number):
    def function(b, y, x, fill_value=number, dtype=None):
        zeros = b.node("Mul", b.cast(x, "float32").name, 0.0)
        full = Value(b.node("Add", zeros, float(fill_value)), x.axes, y.shape)
        return b.cast(full, y.dtype)

    return function


TABLE["ones_like"] = _filled(1.0)
TABLE["full_like"] = _filled(0.0)
TABLE["zeros_like"] = _filled(0.0)


# ----------------------------------------------------------------------------------------------------------- reductions


def _places(x, axis):
    """The axes of an argument, counted from 0."""
    if axis is None:
        return list(range(x.ndim))
    return sorted(each % x.ndim for each in np.atleast_1d(axis).tolist())


def _reduction(kind):
    def function(b, y, x, axis=None, keepdims=False, **kwargs):
        if any(value is not None for value in kwargs.values()):
            raise Unmapped(f"further arguments, {', '.join(kwargs)}")
        name = b.plain(b.cast(x, y.dtype))
        return b.node(kind, name, b.integers(*_places(x, axis)), keepdims=int(keepdims))

    return function


_table(
    _reduction, {"sum": "ReduceSum", "mean": "ReduceMean", "prod": "ReduceProd", "max": "ReduceMax", "min": "ReduceMin"}
)


def _question(kind):
    """Whether any, or all, hold: as numbers, the largest or smallest."""

    def function(b, y, x, axis=None, keepdims=False):
        name = b.plain(b.cast(b.cast(x, "bool"), "float32"))
        found = b.node(kind, name, b.integers(*_places(x, axis)), keepdims=int(keepdims))
        return b.node("Cast", found, to=9)

    return function


_table(_question, {"any": "ReduceMax", "all": "ReduceMin"})


def _place_of(kind):
    def function(b, y, x, axis=None, keepdims=False):
        if axis is None:
            raise Unmapped("the place in a flattened array")
        found = b.node(kind, b.plain(b.cast(x, "float32")), axis=axis % x.ndim, keepdims=int(keepdims))
        return b.cast(Value(found, tuple(range(len(y.shape))), y.shape, "int64"), y.dtype)

    return function


_table(_place_of, {"argmax": "ArgMax", "argmin": "ArgMin"})


@writes("cumsum")
def _cumsum(b, y, x, axis=None, dtype=None):
    if axis is None:
        raise Unmapped("the sum along a flattened array")
    return b.node("CumSum", b.plain(b.cast(x, y.dtype)), b.constant(np.array(axis % x.ndim, np.int64)))


# ------------------------------------------------------------------------------------------------- where elements lie


def _plain_value(name, y):
    return Value(name, tuple(range(len(y.shape))), y.shape, y.dtype)


@writes("reshape", "squeeze", "expand_dims")
def _reshape(b, y, x, *args, **kwargs):
    return _plain_value(b.reshape(b.elements(x), y.shape[1:]), y)


@writes("transpose")
def _transpose(b, y, x, axes=None):
    order = list(range(x.ndim))[::-1] if axes is None else [axis % x.ndim for axis in axes]
    return Value(x.name, tuple(x.axes[axis] for axis in order), y.shape, x.dtype)


@writes("_concatenate")
def _concatenate(b, y, *xs, axis):
    names, axes = b.together(xs, y.shape, y.dtype)
    if not all(isinstance(x, Value) for x in xs):
        raise Unmapped("a constant beside tensors in `concatenate`")
    return Value(b.node("Concat", *names, axis=axes[axis % len(y.shape)]), axes, y.shape, y.dtype)


@writes("_stack", "_stacked")
def _stack(b, y, *xs, axis=0):
    if not all(isinstance(x, Value) for x in xs):
        raise Unmapped("a constant beside tensors in `stack`")
    place = b.integers(axis % len(y.shape))
    parts = [b.node("Unsqueeze", b.plain(b.cast(x, y.dtype)), place) for x in xs]
    return b.node("Concat", *parts, axis=axis % len(y.shape))


@writes("broadcast_to")
def _broadcast_to(b, y, x, shape):
    return b.node("Expand", b.plain(x), b.integers(*(1 if length is None else length for length in y.shape)))


@writes("get_item")
def _get_item(b, y, x, key):
    key = key if isinstance(key, tuple) else (key,)
    if not all(k is None or k is Ellipsis or type(k) is int or isinstance(k, slice) for k in key):
        raise Unmapped("an index that is neither a number nor a slice")
    if Ellipsis not in key:
        key = (*key, Ellipsis)
    at = key.index(Ellipsis)
    spare = x.ndim - sum(k is not None for k in key) + 1
    key = (*key[:at], *[slice(None)] * spare, *key[at + 1 :])
    bounds, dropped, axis, new = [], [], 0, []
    for k in key:
        if k is None:
            new.append(k)
            continue
        if isinstance(k, int):
            bounds.append((axis, k, k + 1 if k != -1 else LAST, 1))
            dropped.append(axis)
        elif k != slice(None):
            step = k.step or 1
            ends = (0, LAST) if step > 0 else (LAST, -LAST)
            bounds.append((axis, *(end if own is None else own for own, end in zip((k.start, k.stop), ends)), step))
        axis += 1
    name = b.plain(x)
    if bounds:
        axes, first, last, steps = zip(*bounds)
        name = b.node("Slice", name, *(b.integers(*each) for each in (first, last, axes, steps)))
    if dropped and not new:
        name = b.node("Squeeze", name, b.integers(*dropped))
    return _plain_value(b.reshape(name, y.shape[1:]) if new else name, y)


@writes("take")
def _take(b, y, x, indices, axis=None):
    if axis is None:
        raise Unmapped("`take` from a flattened array")
    if not isinstance(x, Value):
        return b.node("Gather", b.constant(np.asarray(x)), b.plain(b.cast(indices, "int64")), axis=axis % np.ndim(x))
    numbers = b.plain(b.cast(indices, "int64")) if isinstance(indices, Value) else np.asarray(indices, np.int64)
    return _plain_value(b.node("Gather", b.plain(x), numbers, axis=axis % x.ndim), y)


@writes("pad")
def _pad(b, y, x, pad_width, mode="constant", constant_values=None):
    if mode == "symmetric":
        raise Unmapped("padding that is `symmetric`")
    ends = np.broadcast_to(pad_width, (x.ndim, 2))[list(np.argsort(x.axes))]
    value = [np.asarray(constant_values or 0, x.dtype)] if mode == "constant" else []
    name = b.node("Pad", x.name, b.integers(*ends[:, 0].tolist(), *ends[:, 1].tolist()), *value, mode=mode)
    return Value(name, x.axes, y.shape, x.dtype)


@writes("tile")
def _tile(b, y, x, repeats):
    repeats = np.atleast_1d(repeats).tolist()
    if len(repeats) > x.ndim:
        raise Unmapped("`tile` along new axes")
    return b.node("Tile", b.plain(x), b.integers(*[1] * (x.ndim - len(repeats)), *repeats))


@writes("repeat")
def _repeat(b, y, x, repeats, axis=None):
    if axis is None:
        raise Unmapped("`repeat` of a flattened array")
    numbers = np.repeat(np.arange(x.shape[axis], dtype=np.int64), repeats)
    return _plain_value(b.node("Gather", b.plain(x), numbers, axis=axis % x.ndim), y)


@writes("flip")
def _flip(b, y, x, axis=None):
    axes = _places(x, axis)
    ends = ([LAST] * len(axes), [-LAST] * len(axes), axes, [-1] * len(axes))
    return _plain_value(b.node("Slice", b.plain(x), *(b.integers(*each) for each in ends)), y)


# ------------------------------------------------------------------------------------------------------------- products


def _operands(b, values, dtype="float32"):
    return [b.plain(b.cast(v, dtype)) if isinstance(v, Value) else b.constant(np.asarray(v, dtype)) for v in values]


@writes("matmul")
def _matmul(b, y, x1, x2):
    return b.node("MatMul", *_operands(b, (x1, x2)))


@writes("_einsum")
def _einsum(b, y, *operands, subscripts):
    return b.node("Einsum", *_operands(b, operands), equation=subscripts)


@writes("tensordot")
def _tensordot(b, y, x1, x2, axes=2):
    ranks = np.ndim(x1) if not isinstance(x1, Value) else x1.ndim, x2.ndim if isinstance(x2, Value) else np.ndim(x2)
    first, second = (range(ranks[0] - axes, ranks[0]), range(axes)) if isinstance(axes, int) else axes
    left, right = list(LETTERS[: ranks[0]]), list(LETTERS[ranks[0] : sum(ranks)])
    for a, c in zip(np.atleast_1d(first).tolist(), np.atleast_1d(second).tolist()):
        right[c] = left[a]
    kept = [letter for letter in (*left, *right) if (letter in left) != (letter in right)]
    equation = f"{''.join(left)},{''.join(right)}->{''.join(kept)}"
    return b.node("Einsum", *_operands(b, (x1, x2)), equation=equation)


@writes("_dot")
def _dot(b, y, x, z, first, second):
    left = list(LETTERS[: x.ndim])
    right = [left[0], *LETTERS[x.ndim : x.ndim + z.ndim - 1]]
    right[second] = left[first]
    kept = [letter for k, letter in enumerate(left) if k != first]
    kept += [letter for k, letter in enumerate(right) if k not in (0, second)]
    found = b.node("Einsum", *_operands(b, (x, z)), equation=f"{''.join(left)},{''.join(right)}->{''.join(kept)}")
    return b.reshape(found, y.shape[1:]) if len(kept) == 1 else found


@writes("one_hot")
def _one_hot(b, y, x, num_classes, axis=-1, dtype=None, sparse=False):
    values = b.constant(np.array([0, 1], standardize(dtype)))
    return b.node("OneHot", b.plain(b.cast(x, "int64")), np.array(num_classes, np.int64), values, axis=axis)


# -------------------------------------------------------------------------------------------------------------- windows


def _window(sample, sizes, strides, dilation, padding):
    reach = [rate * (k - 1) + 1 for k, rate in zip(sizes, dilation)]
    found = [shapes.window(n, r, stride, 1, padding) for n, r, stride in zip(sample, reach, strides)]
    return {"pads": (*(w.before for w in found), *(w.after for w in found))}


@writes("_conv", "_depthwise")
def _conv(b, y, x, kernel, strides, dilation, padding):
    if isinstance(kernel, Value) or not isinstance(x, Value):
        raise Unmapped("a convolution by a tensor that is computed")
    kernel, depthwise = np.asarray(kernel, np.float32), y.shape[-1] != np.shape(kernel)[-1]
    sizes, places = kernel.shape[:-2], range(kernel.ndim - 2)
    depthwise = depthwise or (kernel.shape[-1] == 1 and kernel.shape[-2] == x.shape[-1] == y.shape[-1] > 1)
    if depthwise:
        weights = np.transpose(kernel, (kernel.ndim - 2, kernel.ndim - 1, *places)).reshape(-1, 1, *sizes)
    else:
        weights = np.transpose(kernel, (kernel.ndim - 1, kernel.ndim - 2, *places))
    axes = channels_second(x.ndim)
    name = b.node(
        "Conv", b.stored(b.cast(x, "float32"), axes), b.constant(np.ascontiguousarray(weights)),
        strides=tuple(strides), dilations=tuple(dilation), group=x.shape[-1] // weights.shape[1],
        **_window(x.shape[1:-1], sizes, strides, dilation, padding),
    )  # fmt: skip
    return Value(name, axes, y.shape)


def _pooling(kind):
    def function(b, y, x, sizes, strides, padding):
        axes, ones = channels_second(x.ndim), (1,) * len(sizes)
        window = _window(x.shape[1:-1], sizes, strides, ones, padding)
        name = b.node(kind, b.stored(x, axes), kernel_shape=tuple(sizes), strides=tuple(strides), **window)
        return Value(name, axes, y.shape)

    return function


_table(_pooling, {"_max_pool": "MaxPool", "_average_pool": "AveragePool"})
