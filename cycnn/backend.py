"""`K`, as programs write it: `from keras import backend as K`.

The functions of Keras 2's backend, with its names and arguments, over `cycnn.ops`: they take arrays, the tensors of a
custom loss or metric, and symbolic tensors. And what Keras 3 keeps of them: settings, names, number types. What belongs
to sessions and static graphs is refused with what to write instead.
"""

import builtins
import string

import numpy as np

from cycnn import ops, random
from cycnn.config import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from cycnn.core import checks, names
from cycnn.core.names import get_uid
from cycnn.core.variable import Variable
from cycnn.engine.graph import SymbolicTensor
from cycnn.ops import (
    abs,  # noqa: A004
    all,  # noqa: A004
    any,  # noqa: A004
    arange,
    binary_crossentropy,
    cast,
    categorical_crossentropy,
    cos,
    cumprod,
    cumsum,
    dot,
    elu,
    equal,
    exp,
    greater,
    greater_equal,
    less,
    less_equal,
    log,
    logsumexp,
    max,  # noqa: A004
    maximum,
    mean,
    min,  # noqa: A004
    minimum,
    ndim,
    not_equal,
    ones_like,
    prod,
    reshape,
    round,  # noqa: A004
    shape,
    sigmoid,
    sign,
    sin,
    softmax,
    softplus,
    softsign,
    square,
    stack,
    std,
    stop_gradient,
    sum,  # noqa: A004
    tanh,
    tile,
    transpose,
    var,
    zeros_like,
)
from cycnn.ops import dtypes as _dtypes
from cycnn.ops.elementwise import Elementwise, infinite

# --------------------------------------------------------------------------------------------- settings and names


def backend():
    """The name of the backend: `"cycnn"`."""
    return "cycnn"


def clear_session(free_memory=True):
    """Number automatic names from the beginning again: the next `Conv2D` is `conv2d`.

    Args:
        free_memory: accepted; nothing is kept behind a model's back.
    """
    names.reset()


def image_dim_ordering():
    """Keras 1's name of the image layout: `"tf"` for channels_last, `"th"` for channels_first."""
    return "tf" if image_data_format() == "channels_last" else "th"


def set_image_dim_ordering(dim_ordering):
    """Set the layout of images by Keras 1's names.

    Args:
        dim_ordering: `"tf"` (channels_last) or `"th"` (channels_first).
    """
    layouts = {"tf": "channels_last", "th": "channels_first"}
    set_image_data_format(layouts[checks.one_of("dim_ordering", dim_ordering, tuple(layouts))])


def cast_to_floatx(x):
    """x as float32."""
    return cast(x, floatx())


def standardize_dtype(dtype):
    """The name of a number type; `"float32"` for None."""
    return _dtypes.standardize(dtype).name


def result_type(*dtypes):
    """The name of the type that values of these types are computed in together."""
    return _dtypes.result_type(*(np.empty(0, _dtypes.standardize(dtype)) for dtype in dtypes)).name


def is_float_dtype(dtype):
    """Whether this is a floating point type."""
    return standardize_dtype(dtype).startswith("float")


def is_int_dtype(dtype):
    """Whether this is an integer type."""
    return standardize_dtype(dtype).startswith(("int", "uint"))


# ------------------------------------------------------------------------------------------- variables and shapes


def variable(value, dtype=None, name=None, constraint=None):
    """A `Variable` with a value.

    Args:
        value: array-like.
        dtype: float32 where it is None.
        name: string.
        constraint: projection applied after each update.
    """
    return Variable(
        ops.convert_to_numpy(value),
        name=name or names.auto_name("variable"),
        dtype=standardize_dtype(dtype),
        constraint=constraint,
    )


def constant(value, dtype=None, shape=None, name=None):
    """An array with a value, repeated to a shape if there is one; float32 where no type is given."""
    found = ops.convert_to_tensor(value, standardize_dtype(dtype))
    return found if shape is None else ops.broadcast_to(found, shape)


def zeros(shape, dtype=None, name=None):
    """A `Variable` of zeros."""
    return variable(ops.zeros(shape, dtype), dtype, name)


def ones(shape, dtype=None, name=None):
    """A `Variable` of ones."""
    return variable(ops.ones(shape, dtype), dtype, name)


def eye(size, dtype=None, name=None):
    """A `Variable` that holds the identity matrix."""
    return variable(ops.eye(size, dtype=dtype), dtype, name)


def get_value(x):
    """The NumPy array of a variable or tensor; anything else as it is."""
    return x.numpy() if hasattr(x, "numpy") else x


eval = get_value  # noqa: A001


def set_value(x, value):
    """Assign a value to a variable."""
    x.assign(np.asarray(value))


def batch_get_value(tensors):
    """The NumPy arrays of several variables or tensors."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples):
    """Assign values to variables: a list of pairs (variable, value)."""
    for x, value in tuples:
        set_value(x, value)


def update(x, new_x):
    """Assign a value to a variable."""
    return x.assign(np.asarray(new_x))


def update_add(x, increment):
    """Add a value to a variable."""
    return x.assign_add(np.asarray(increment))


def update_sub(x, decrement):
    """Subtract a value from a variable."""
    return x.assign_sub(np.asarray(decrement))


def int_shape(x):
    """The shape, a tuple of integers; None stands for the samples of a symbolic tensor."""
    return shape(x)


def dtype(x):
    """The name of the type."""
    return np.dtype(x.dtype).name


def count_params(x):
    """The number of elements."""
    return ops.size(x)


def is_keras_tensor(x):
    """Whether x is a symbolic tensor: made by `Input`, a layer or a function of symbolic tensors."""
    return isinstance(x, SymbolicTensor)


# ------------------------------------------------------------------------------------------------ other arguments


def pow(x, a):  # noqa: A001
    """x to the power of a."""
    return ops.power(x, a)


def sqrt(x):
    """The square root; 0 for negative numbers."""
    return ops.sqrt(ops.maximum(x, 0))


def clip(x, min_value, max_value):
    """x, held between two bounds, each of which may be None."""
    return ops.clip(x, -np.inf if min_value is None else min_value, np.inf if max_value is None else max_value)


def argmax(x, axis=-1):
    """The place of the largest element along an axis."""
    return ops.argmax(x, axis)


def argmin(x, axis=-1):
    """The place of the smallest element along an axis."""
    return ops.argmin(x, axis)


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """max(x, 0); in general `alpha * (x - threshold)` below `threshold` and at most `max_value` above."""
    if (alpha, max_value, threshold) == (0.0, None, 0.0):
        return ops.relu(x)
    return Elementwise("relu_general", alpha, infinite(max_value), threshold)(x)


def hard_sigmoid(x):
    """0.2 x + 0.5, held between 0 and 1: the line of Keras 2; that of Keras 3 rises by 1/6."""
    return ops.clip(x * 0.2 + 0.5, 0.0, 1.0)


def l2_normalize(x, axis=None):
    """x / sqrt(max(sum(x²), 1e-12)) along an axis, or over all."""
    return ops.l2_normalize(x, axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1, ignore_class=None):
    """-log(p) of the class that a label names.

    Args:
        target: integers.
        output: probabilities, or logits.
        from_logits: whether `output` are logits.
        axis: where the classes are.
        ignore_class: a label whose places count 0.
    """
    target = ops.cast(target, "int32")
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(target, output, from_logits, axis)
    ignored = ops.equal(target, ignore_class)
    found = ops.sparse_categorical_crossentropy(ops.where(ignored, 0, target), output, from_logits, axis)
    return ops.where(ops.reshape(ignored, found.shape), 0.0, found)


def one_hot(indices, num_classes):
    """1 at the place that a label names, 0 elsewhere, along a new last axis."""
    return ops.one_hot(indices, num_classes)


def in_top_k(predictions, targets, k):
    """Whether a label is among the k largest predictions of its row."""
    return ops.in_top_k(targets, predictions, k)


def flatten(x):
    """All elements in one axis."""
    return ops.reshape(x, (-1,))


def batch_flatten(x):
    """The elements of each sample in one axis."""
    return ops.reshape(x, (-1, int(np.prod(shape(x)[1:]))))


def expand_dims(x, axis=-1):
    """With another axis of length 1."""
    return ops.expand_dims(x, axis)


def squeeze(x, axis):
    """Without an axis of length 1."""
    return ops.squeeze(x, axis)


def concatenate(tensors, axis=-1):
    """Tensors one after the other along an axis."""
    return ops.concatenate(tensors, axis)


def permute_dimensions(x, pattern):
    """The axes in another order."""
    return ops.transpose(x, pattern)


def repeat(x, n):
    """(samples, features) to (samples, n, features)."""
    if ndim(x) != 2:
        raise ValueError(f"`repeat` expects a tensor with 2 axes. Received: shape={shape(x)}.")
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def repeat_elements(x, rep, axis):
    """Each element repeated along an axis."""
    return ops.repeat(x, rep, axis)


def reverse(x, axes):
    """In reverse order along axes."""
    return ops.flip(x, axes)


def gather(reference, indices):
    """What lies along the first axis, by numbers."""
    return ops.take(reference, indices, axis=0)


def batch_dot(x, y, axes=None):
    """The products of each sample of x with the same sample of y, summed over one axis of each.

    Args:
        x, y: tensors (samples, ...).
        axes: the axis of x and that of y, or one number for both; x's last and y's last but one where it is None.

    Returns:
        A tensor (samples, other axes of x, other axes of y); (samples, 1) where there are none.

    Raises:
        ValueError: the axes do not fit.
    """
    ranks = ndim(x), ndim(y)
    if axes is None:
        axes = (ranks[0] - 1, ranks[1] - 1 if ranks[1] == 2 else ranks[1] - 2)
    axes = tuple(axis % rank for axis, rank in zip((axes, axes) if isinstance(axes, int) else axes, ranks, strict=True))
    if builtins.min(ranks) < 2 or 0 in axes or shape(x)[axes[0]] != shape(y)[axes[1]]:
        raise ValueError(
            "`batch_dot` sums over axes of equal length behind the sample axis. "
            f"Received: shapes {shape(x)} and {shape(y)}, axes={axes}."
        )
    letters = iter(string.ascii_letters[2:])
    terms = [["a", *(("b" if a == axis else next(letters)) for a in range(1, rank))] for axis, rank in zip(axes, ranks)]
    rest = [letter for term in terms for letter in term if letter not in "ab"]
    found = ops.einsum(f"{''.join(terms[0])},{''.join(terms[1])}->a{''.join(rest)}", x, y)
    return found if rest else ops.expand_dims(found, -1)


def switch(condition, then_expression, else_expression):
    """One of two values, or, by the elements of a condition, of both.

    Args:
        condition: a truth value; or an array, to which axes are added at the end until it has as many as the values.
        then_expression, else_expression: values, or functions without arguments that return them.
    """
    call = lambda value: value() if callable(value) else value  # noqa: E731
    if not ndim(condition):
        return call(then_expression if bool(condition) else else_expression)
    chosen, other = call(then_expression), call(else_expression)
    missing = ndim(chosen) - ndim(condition)
    if missing < 0:
        raise ValueError(
            "`condition` must not have more axes than the values. "
            f"Received: shapes {shape(condition)} and {shape(chosen)}."
        )
    if missing and ndim(condition) > 1:
        condition = ops.expand_dims(condition, tuple(range(ndim(condition), ndim(chosen))))
    return ops.where(condition, chosen, other)


# --------------------------------------------------------------------------------------------- labels of sequences


def ctc_batch_cost(y_true, y_pred, input_length, label_length):
    """The loss of `ops.ctc_loss`, for probabilities whose last class is the blank.

    Args:
        y_true: class numbers (samples, most labels).
        y_pred: probabilities (samples, steps, classes).
        input_length: how many of the steps count, (samples, 1).
        label_length: how many of the labels count, (samples, 1).

    Returns:
        A tensor (samples, 1).
    """
    lengths = (ops.cast(ops.squeeze(length, -1), "int32") for length in (label_length, input_length))
    logits = ops.log(ops.add(y_pred, epsilon()))
    return ops.expand_dims(ops.ctc_loss(y_true, logits, *lengths, mask_index=shape(y_pred)[-1] - 1), 1)


def ctc_decode(y_pred, input_length, greedy=True, beam_width=100, top_paths=1):
    """The labels that sequences of probabilities say, the last class being the blank.

    Args:
        y_pred: probabilities (samples, steps, classes).
        input_length: how many of the steps count, (samples,).
        greedy: whether the likeliest class of each step counts; else a beam search.
        beam_width: how many beginnings a beam search follows.
        top_paths: how many sequences of labels it returns.

    Returns:
        `(labels, scores)`: a list with an array (samples, steps) for each path, -1 behind the last label; and the sums of
        -log p, (samples, 1), or the log probabilities of the paths, (samples, top_paths).
    """
    logits = ops.log(ops.add(y_pred, epsilon()))
    strategy = "greedy" if greedy else "beam_search"
    labels, scores = ops.ctc_decode(logits, input_length, strategy, beam_width, top_paths, mask_index=None)
    return list(labels), scores


# -------------------------------------------------------------------------------------------------- random numbers


def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers; the same ones for the same seed."""
    return random.normal(shape, mean, stddev, dtype, seed)


def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers between two bounds; the same ones for the same seed."""
    return random.uniform(shape, minval, maxval, dtype, seed)


# ----------------------------------------------------------------------------------------------------------- refused


def _refused(name, instead):
    def refuse(*args, **kwargs):
        raise NotImplementedError(f"`backend.{name}` is not supported: {instead}.")

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = f"Not supported: {instead}."
    return refuse


_PHASE = "what differs between training and inference is the argument `training` of a layer's `call`"
learning_phase = _refused("learning_phase", _PHASE)
set_learning_phase = _refused("set_learning_phase", _PHASE)
gradients = _refused("gradients", "`cycnn.ops.value_and_gradient(function, arrays)` differentiates a function at once")
function = _refused("function", "`Model(inputs, outputs)` computes inner outputs of a network, by `predict`")
get_session = _refused("get_session", "there are no sessions; everything is computed at once, or by a model")
resize_images = _refused("resize_images", "images are resized before they reach the network")

__all__ = [
    "abs", "all", "any", "arange", "argmax", "argmin", "backend", "batch_dot", "batch_flatten", "batch_get_value",
    "batch_set_value", "binary_crossentropy", "cast", "cast_to_floatx", "categorical_crossentropy", "clear_session",
    "clip", "concatenate", "constant", "cos", "count_params", "ctc_batch_cost", "ctc_decode", "cumprod", "cumsum",
    "dot", "dtype", "elu", "epsilon", "equal", "eval", "exp", "expand_dims", "eye", "flatten", "floatx", "function",
    "gather", "get_session", "get_uid", "get_value", "gradients", "greater", "greater_equal", "hard_sigmoid",
    "image_data_format", "image_dim_ordering", "in_top_k", "int_shape", "is_float_dtype", "is_int_dtype",
    "is_keras_tensor", "l2_normalize", "learning_phase", "less", "less_equal", "log", "logsumexp", "max", "maximum",
    "mean", "min", "minimum", "ndim", "not_equal", "one_hot", "ones", "ones_like", "permute_dimensions", "pow",
    "prod", "random_normal", "random_uniform", "relu", "repeat", "repeat_elements", "reshape", "resize_images",
    "result_type", "reverse", "round", "set_epsilon", "set_floatx", "set_image_data_format",
    "set_image_dim_ordering", "set_learning_phase", "set_value", "shape", "sigmoid", "sign", "sin", "softmax",
    "softplus", "softsign", "sparse_categorical_crossentropy", "sqrt", "square", "squeeze", "stack",
    "standardize_dtype", "std", "stop_gradient", "sum", "switch", "tanh", "tile", "transpose", "update",
    "update_add", "update_sub", "var", "variable", "zeros", "zeros_like",
]  # fmt: skip


def __getattr__(name):
    raise AttributeError(checks.unknown("function of `cycnn.backend`", name, __all__))
