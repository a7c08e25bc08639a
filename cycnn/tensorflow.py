"""TensorFlow's words, for training loops that are written with them: what `tf.reduce_mean` is after `import cycnn as tf`.

    import cycnn as tf                                  import tensorflow as tf

    @tf.function                                        the function as it is
    def step(x):
        noise = tf.random.normal([32, 10])              cycnn.random
        with tf.GradientTape() as tape:                 cycnn.GradientTape
            loss = tf.reduce_mean(tf.square(net(x)))    here, over cycnn.ops
        ...

`cycnn` itself has Keras's names; it looks here for those that it does not know. They take TensorFlow's arguments, which are
often those of `cycnn.ops` by other names; where only a name or an order differs, the function says so and no more. What
makes values (`constant`, `zeros`, `identity`) gives `ops.Tensor`: a tape sees arithmetic with them. Types are strings:
`tf.float32` is `"float32"`.
"""

import functools

import numpy as np

from cycnn import ops
from cycnn.core import checks
from cycnn.engine.graph import SymbolicTensor
from cycnn.ops import (
    abs,  # noqa: A004
    add,
    cast,
    cos,
    divide,
    einsum,
    equal,
    exp,
    floor,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    repeat,
    round,  # noqa: A004
    shape,
    sigmoid,
    sign,
    sin,
    size,
    sqrt,
    square,
    stack,
    stop_gradient,
    subtract,
    tan,
    tanh,
    tensordot,
    tile,
    where,
)
from cycnn.ops.gradient_tape import UnconnectedGradients
from cycnn.ops.tape import Tensor

float16, float32, float64, bool = "float16", "float32", "float64", "bool"  # noqa: A001
int8, int16, int32, int64 = "int8", "int16", "int32", "int64"
uint8, uint16, uint32, uint64 = "uint8", "uint16", "uint32", "uint64"
newaxis = None


class _Names:
    """A module of TensorFlow's, like `tf.math`, with what there is of it."""

    def __init__(self, name, functions):
        self._name = name
        vars(self).update({function.__name__: function for function in functions})

    def __getattr__(self, name):
        raise AttributeError(checks.unknown(f"name in `{self._name}`", name, [n for n in vars(self) if n[0] != "_"]))

    def __repr__(self):
        return f"<{self._name}: {', '.join(sorted(n for n in vars(self) if n[0] != '_'))}>"


# ----------------------------------------------------------------------------------------------- programs and values


def function(func=None, input_signature=None, autograph=True, jit_compile=None, reduce_retracing=False, **kwargs):
    """The function as it is: what it computes with is compiled already. Arguments are accepted without effect."""
    return (lambda decorated: decorated) if func is None else func


def print(*inputs, **kwargs):  # noqa: A001
    """Python's `print`, of the values of tensors.

    Args:
        inputs: tensors, arrays, anything.
        kwargs: `sep`, `end`; `output_stream` and `summarize` are accepted.
    """
    import builtins

    values = (x.numpy() if hasattr(x, "numpy") else x for x in inputs)
    builtins.print(*values, **{key: value for key, value in kwargs.items() if key in ("sep", "end")})


def convert_to_tensor(value, dtype=None, dtype_hint=None, name=None):
    """The tensor of an array, a number, or a list of them."""
    return value if isinstance(value, SymbolicTensor) else _tensor(ops.convert_to_tensor(value, dtype))


def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor with a value, repeated to a shape if there is one."""
    found = ops.convert_to_tensor(value, dtype)
    return _tensor(found if shape is None else ops.broadcast_to(found, shape))


def identity(input, name=None):  # noqa: A002
    """The same values in new memory."""
    return ops.copy(input) if isinstance(input, SymbolicTensor) else _tensor(ops.copy(input))


def zeros(shape, dtype="float32", name=None):
    """Zeros."""
    return Tensor(ops.zeros(tuple(shape), dtype))


def ones(shape, dtype="float32", name=None):
    """Ones."""
    return Tensor(ops.ones(tuple(shape), dtype))


def fill(dims, value, name=None):
    """One value everywhere."""
    return Tensor(ops.broadcast_to(ops.convert_to_tensor(value), tuple(dims)))


def zeros_like(input, dtype=None, name=None):  # noqa: A002
    """Zeros of a tensor's shape, and of its type where none is given."""
    return ops.zeros_like(input, dtype)


def ones_like(input, dtype=None, name=None):  # noqa: A002
    """Ones of a tensor's shape, and of its type where none is given."""
    return ops.ones_like(input, dtype)


def range(start, limit=None, delta=1, dtype=None, name="range"):  # noqa: A001
    """Numbers from `start` up to `limit` (not included), or from 0 to `start`."""
    return Tensor(ops.arange(start, limit, delta, dtype))


def linspace(start, stop, num, name=None, axis=0):
    """Numbers at equal distances, `stop` included."""
    return Tensor(ops.linspace(start, stop, int(num), axis=axis))


def eye(num_rows, num_columns=None, dtype="float32", name=None):
    """The identity matrix."""
    return Tensor(ops.eye(num_rows, num_columns, dtype=dtype))


def rank(input, name=None):  # noqa: A002
    """The number of axes."""
    return ops.ndim(input)


def is_tensor(x):
    """Whether x is an array or a tensor."""
    return ops.is_tensor(x)


# ------------------------------------------------------------------------------------------------ places of elements


def concat(values, axis, name="concat"):
    """Tensors one after the other along an axis."""
    return ops.concatenate(values, axis)


def split(value, num_or_size_splits, axis=0, num=None, name="split"):
    """Parts along an axis.

    Args:
        value: tensor.
        num_or_size_splits: how many parts of the same length, or the length of each.
        axis: integer.
    """
    if np.ndim(num_or_size_splits) == 0:
        return ops.split(value, int(num_or_size_splits), axis)
    return ops.split(value, np.cumsum(num_or_size_splits)[:-1].tolist(), axis)


def unstack(value, num=None, axis=0, name="unstack"):
    """What lies along an axis, as a list."""
    return ops.unstack(value, num, axis)


def reshape(tensor, shape, name=None):
    """The elements in another shape."""
    return ops.reshape(tensor, tuple(shape) if np.ndim(shape) else (shape,))


def transpose(a, perm=None, conjugate=False, name="transpose"):
    """The axes in another order; in reverse order where none is given."""
    return ops.transpose(a, perm)


def squeeze(input, axis=None, name=None):  # noqa: A002
    """Without axes of length 1."""
    return ops.squeeze(input, axis)


def expand_dims(input, axis, name=None):  # noqa: A002
    """With another axis of length 1."""
    return ops.expand_dims(input, axis)


def gather(params, indices, validate_indices=None, axis=0, batch_dims=0, name=None):
    """What lies along an axis, by numbers.

    Raises:
        ValueError: `batch_dims` is not 0.
    """
    if batch_dims:
        raise checks.refuse("batch_dims", "0", batch_dims)
    return ops.take(params, indices, axis)


def boolean_mask(tensor, mask, axis=None, name="boolean_mask"):
    """What lies along the first axes of a mask where the mask is true."""
    places = [slice(None)] * (axis or 0) + list(np.nonzero(np.asarray(mask)))
    return tensor[tuple(places)]


def sort(values, axis=-1, direction="ASCENDING", name=None):
    """The elements along an axis in order."""
    found = ops.sort(values, axis)
    return ops.flip(found, axis) if _descends(direction) else found


def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """The places of the elements along an axis in order."""
    return ops.argsort(ops.negative(values) if _descends(direction) else values, axis)


def _descends(direction):
    return checks.one_of("direction", direction, ("ascending", "descending")) == "descending"


def reverse(tensor, axis, name=None):
    """In reverse order along axes."""
    return ops.flip(tensor, axis)


def pad(tensor, paddings, mode="CONSTANT", constant_values=0, name=None):
    """With values around: `paddings` has a pair, before and behind, for each axis."""
    pairs = [tuple(map(int, pair)) for pair in np.asarray(paddings)]
    if mode.lower() == "constant":
        return ops.pad(tensor, pairs, constant_values=constant_values)
    return ops.pad(tensor, pairs, mode.lower())


def one_hot(indices, depth, on_value=1, off_value=0, axis=-1, dtype="float32", name=None):
    """`on_value` at the place that a label names, `off_value` elsewhere, along a new axis."""
    found = ops.one_hot(indices, depth, axis, dtype)
    return found if (on_value, off_value) == (1, 0) else found * (on_value - off_value) + off_value


# ------------------------------------------------------------------------------------------------------------ maths


def log(x, name=None):
    """The natural logarithm."""
    return ops.log(x)


def pow(x, y, name=None):  # noqa: A001
    """x to the power of y."""
    return ops.power(x, y)


def add_n(inputs, name=None):
    """The sum of several tensors."""
    return functools.reduce(ops.add, inputs)


def clip_by_value(t, clip_value_min, clip_value_max, name=None):
    """The elements, held between two bounds."""
    return ops.clip(t, clip_value_min, clip_value_max)


def clip_by_norm(t, clip_norm, axes=None, name=None):
    """A tensor, scaled down where its L2 norm is above a bound."""
    norm = ops.sqrt(ops.sum(ops.square(t), axes, keepdims=True))
    return t * (clip_norm / ops.maximum(norm, clip_norm))


def global_norm(t_list, name=None):
    """The L2 norm of all elements of several tensors; those that are None do not count."""
    return ops.sqrt(add_n([ops.sum(ops.square(t)) for t in t_list if t is not None]))


def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """Tensors, scaled down where the norm of all their elements is above a bound; and this norm."""
    norm = global_norm(t_list) if use_norm is None else use_norm
    factor = clip_norm / ops.maximum(norm, clip_norm)
    return [None if t is None else t * factor for t in t_list], norm


def matmul(a, b, transpose_a=False, transpose_b=False, name=None):
    """The product of matrices, each of which may be transposed first."""
    return ops.matmul(ops.swapaxes(a, -1, -2) if transpose_a else a, ops.swapaxes(b, -1, -2) if transpose_b else b)


def norm(tensor, ord="euclidean", axis=None, keepdims=False, name=None):  # noqa: A002
    """The norm of a tensor: of all its elements, or over axes."""
    flat = tensor if axis is not None else ops.reshape(tensor, (-1,))
    found = ops.norm(flat, 2 if ord == "euclidean" and np.ndim(axis) == 0 else None if ord == "euclidean" else ord,
                     axis, keepdims and axis is not None)  # fmt: skip
    return ops.reshape(found, (1,) * ops.ndim(tensor)) if keepdims and axis is None else found


def cumsum(x, axis=0, exclusive=False, reverse=False, name=None):
    """Sums of the elements so far, along an axis.

    Args:
        x: tensor.
        axis: integer.
        exclusive: whether an element is not in its own sum.
        reverse: whether to begin at the end.
    """
    found = ops.flip(ops.cumsum(ops.flip(x, axis), axis), axis) if reverse else ops.cumsum(x, axis)
    return found - x if exclusive else found


def argmax(input, axis=0, output_type="int64", name=None):  # noqa: A002
    """The place of the largest element along an axis: the first, where none is given."""
    return ops.argmax(input, 0 if axis is None else axis)


def argmin(input, axis=0, output_type="int64", name=None):  # noqa: A002
    """The place of the smallest element along an axis: the first, where none is given."""
    return ops.argmin(input, 0 if axis is None else axis)


def _reduction(name):
    function = getattr(ops, name)

    def reduce(input_tensor, axis=None, keepdims=False, name=None):
        axis = tuple(axis) if isinstance(axis, (list, np.ndarray)) else axis
        return function(input_tensor, axis, keepdims=keepdims)

    reduce.__name__ = reduce.__qualname__ = f"reduce_{name}"
    reduce.__doc__ = f"`ops.{name}` over axes, or over all."
    return reduce


reduce_sum, reduce_mean, reduce_prod = map(_reduction, ("sum", "mean", "prod"))
reduce_max, reduce_min, reduce_logsumexp = map(_reduction, ("max", "min", "logsumexp"))
reduce_all, reduce_any, reduce_std, reduce_variance = map(_reduction, ("all", "any", "std", "var"))
reduce_variance.__name__ = "reduce_variance"


def l2_normalize(x, axis=None, epsilon=1e-12, name=None):
    """x / sqrt(max(sum(x²), epsilon)) along axes, or over all."""
    return x / ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis, keepdims=True), epsilon))


def confusion_matrix(labels, predictions, num_classes=None, weights=None, dtype="int32", name=None):
    """How often each class (row) was taken for each other (column)."""
    true, found = (np.asarray(ops.convert_to_numpy(x), np.int64).ravel() for x in (labels, predictions))
    count = 1 + int(max(true.max(), found.max())) if num_classes is None else int(num_classes)
    table = np.zeros((count, count), dtype)
    np.add.at(table, (true, found), 1 if weights is None else np.asarray(weights))
    return Tensor(table)


def _tensor(value):
    return value if isinstance(value, Tensor) else Tensor(value)


# ---------------------------------------------------------------------------------------------- networks and pictures


def leaky_relu(features, alpha=0.2, name=None):
    """features where they are positive, `alpha * features` elsewhere."""
    return ops.leaky_relu(features, alpha)


def softmax(logits, axis=-1, name=None):
    """Probabilities."""
    return ops.softmax(logits, axis)


def log_softmax(logits, axis=-1, name=None):
    """Log probabilities."""
    return ops.log_softmax(logits, axis)


def dropout(x, rate, noise_shape=None, seed=None, name=None):
    """Elements set to 0 by chance, the others divided by the probability to stay."""
    from cycnn import random

    return random.dropout(x, rate, noise_shape, seed)


def moments(x, axes, shift=None, keepdims=False, name=None):
    """Mean and variance over axes."""
    return ops.moments(x, tuple(axes), keepdims)


def l2_loss(t, name=None):
    """Half the sum of squares."""
    return 0.5 * ops.sum(ops.square(t))


def bias_add(value, bias, data_format=None, name=None):
    """A bias for each channel, the last axis."""
    return ops.add(value, bias)


def sigmoid_cross_entropy_with_logits(labels=None, logits=None, name=None):
    """-y log(p) - (1 - y) log(1 - p) of each element, p = sigmoid(logits): max(x, 0) - x y + log(1 + exp(-|x|))."""
    return ops.maximum(logits, 0.0) - ops.multiply(logits, labels) + ops.softplus(ops.negative(ops.abs(logits)))


def softmax_cross_entropy_with_logits(labels, logits, axis=-1, name=None):
    """-sum(y log(softmax(logits))) over an axis."""
    return ops.negative(ops.sum(ops.multiply(labels, ops.log_softmax(logits, axis)), axis))


def sparse_softmax_cross_entropy_with_logits(labels, logits, name=None):
    """-log(softmax(logits)) of the class that a label names, over the last axis."""
    return ops.sparse_categorical_crossentropy(ops.cast(labels, "int32"), logits, from_logits=True)


def conv2d(input, filters, strides, padding, data_format="NHWC", dilations=None, name=None):  # noqa: A002
    """Convolution of pictures (n, h, w, c) with filters (kh, kw, c, f)."""
    rate = 1 if dilations is None else _of_pictures(dilations)
    return ops.conv(input, filters, _of_pictures(strides), padding.lower(), _layout(data_format), rate)


def max_pool2d(input, ksize, strides, padding, data_format="NHWC", name=None):  # noqa: A002
    """The largest value of each window of pictures."""
    return ops.max_pool(input, _of_pictures(ksize), _of_pictures(strides), padding.lower(), _layout(data_format))


def avg_pool2d(input, ksize, strides, padding, data_format="NHWC", name=None):  # noqa: A002
    """The mean of each window of pictures."""
    return ops.average_pool(input, _of_pictures(ksize), _of_pictures(strides), padding.lower(), _layout(data_format))


def _of_pictures(lengths):
    """Those of height and width, of one number, two, or four for all axes."""
    lengths = [lengths] if np.ndim(lengths) == 0 else list(lengths)
    return tuple(lengths[1:3] if len(lengths) == 4 else lengths * (2 // len(lengths)))


def _layout(data_format):
    layouts = {"nhwc": "channels_last", "nchw": "channels_first"}
    return layouts[checks.one_of("data_format", data_format, tuple(layouts))]


def resize(images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False, name=None):
    """Pictures of another size, as float32 unless `method` is `"nearest"`."""
    images = images if method == "nearest" else ops.cast(images, "float32")
    return ops.image.resize(images, tuple(map(int, size)), method, antialias, data_format="channels_last")


def flip_left_right(image):
    """Pictures, mirrored."""
    return ops.flip(image, -2)


def flip_up_down(image):
    """Pictures, upside down."""
    return ops.flip(image, -3)


def rgb_to_grayscale(images, name=None):
    """The brightness of colours."""
    return ops.image.rgb_to_grayscale(images, "channels_last")


def total_variation(images, name=None):
    """The sum of absolute differences between neighbouring pixels; one for each picture of several."""
    axes = (-3, -2, -1)
    rows = ops.sum(ops.abs(images[..., 1:, :, :] - images[..., :-1, :, :]), axes)
    return rows + ops.sum(ops.abs(images[..., :, 1:, :] - images[..., :, :-1, :]), axes)


def psnr(a, b, max_val, name=None):
    """Peak signal to noise, in dB; one for each picture."""
    error = ops.mean(ops.square(ops.cast(a, "float32") - ops.cast(b, "float32")), (-3, -2, -1))
    return 20 * np.log10(max_val) - 10 * ops.log10(error)


# ------------------------------------------------------------------------------------------------------ its modules

_REDUCTIONS = (reduce_sum, reduce_mean, reduce_prod, reduce_max, reduce_min, reduce_logsumexp, reduce_all, reduce_any)
math = _Names(
    "tf.math",
    (
        *_REDUCTIONS, reduce_std, reduce_variance, abs, add, add_n, argmax, argmin, confusion_matrix, cos, cumsum,
        divide, equal, exp, floor, greater, greater_equal, l2_normalize, less, less_equal, log, ops.log1p, logical_and,
        logical_not, logical_or, maximum, minimum, multiply, negative, not_equal, pow, round, ops.rsqrt, sigmoid, sign,
        sin, ops.softplus, sqrt, square, subtract, tan, tanh, ops.top_k,
    ),
)  # fmt: skip
nn = _Names(
    "tf.nn",
    (
        avg_pool2d, bias_add, conv2d, dropout, ops.elu, ops.gelu, l2_loss, l2_normalize, leaky_relu, log_softmax,
        max_pool2d, moments, ops.relu, ops.relu6, ops.selu, sigmoid, sigmoid_cross_entropy_with_logits, ops.silu, softmax,
        softmax_cross_entropy_with_logits, ops.softplus, sparse_softmax_cross_entropy_with_logits, tanh,
    ),
)  # fmt: skip
image = _Names("tf.image", (flip_left_right, flip_up_down, psnr, resize, rgb_to_grayscale, total_variation))
linalg = _Names("tf.linalg", (einsum, eye, global_norm, matmul, norm, tensordot, ops.inv, ops.det, ops.trace, ops.diag))

__all__ = [
    "Tensor",
    "UnconnectedGradients",
    "abs",
    "add",
    "add_n",
    "argmax",
    "argmin",
    "argsort",
    "avg_pool2d",
    "bias_add",
    "bool",
    "boolean_mask",
    "cast",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "concat",
    "confusion_matrix",
    "constant",
    "conv2d",
    "convert_to_tensor",
    "cos",
    "cumsum",
    "divide",
    "dropout",
    "einsum",
    "equal",
    "exp",
    "expand_dims",
    "eye",
    "fill",
    "flip_left_right",
    "flip_up_down",
    "float16",
    "float32",
    "float64",
    "floor",
    "function",
    "gather",
    "global_norm",
    "greater",
    "greater_equal",
    "identity",
    "image",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_tensor",
    "l2_loss",
    "l2_normalize",
    "leaky_relu",
    "less",
    "less_equal",
    "linalg",
    "linspace",
    "log",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "math",
    "matmul",
    "max_pool2d",
    "maximum",
    "minimum",
    "moments",
    "multiply",
    "negative",
    "newaxis",
    "nn",
    "norm",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "pad",
    "pow",
    "print",
    "psnr",
    "range",
    "rank",
    "reduce_all",
    "reduce_any",
    "reduce_logsumexp",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_std",
    "reduce_sum",
    "reduce_variance",
    "repeat",
    "reshape",
    "resize",
    "reverse",
    "rgb_to_grayscale",
    "round",
    "shape",
    "sigmoid",
    "sigmoid_cross_entropy_with_logits",
    "sign",
    "sin",
    "size",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "sort",
    "sparse_softmax_cross_entropy_with_logits",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "stop_gradient",
    "subtract",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "total_variation",
    "transpose",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unstack",
    "where",
    "zeros",
    "zeros_like",
]  # fmt: skip
