"""Functions of arrays, with the names, arguments and results of `keras.ops`.

    maths           of each element, or of pairs of elements: arithmetic, exp, comparisons, where
    reductions      over axes: sum, mean, max, argmax
    shaping         where elements lie: reshape, concatenate, take; new arrays
    products        matmul, tensordot, einsum
    nn              activations, labels, cross-entropies

    tape            Tensor, and the steps that lead to a gradient: value_and_gradient, vjp
    primitive       what makes a function of arrays one of tensors and graphs, too
    symbolic        a function of arrays as an operation of a graph
    operators       Python's operators and NumPy's functions on Tensor, SymbolicTensor and Variable
    elementwise softmax layout      the operations that have kernels
    dtypes arrays   types of results; what users pass as arrays

Called with arrays they compute at once; with the `Tensor`s that a differentiated function gets, they are recorded on a
tape; with symbolic tensors, in the graph. There, each sample is computed from itself alone, by a kernel or else by NumPy.

    value_and_gradient(loss, [y_pred])  →  loss(Tensor)  →  mean(square(...))  →  tape  →  gradient of y_pred
    Layer.call(SymbolicTensor)          →  ops.relu      →  Elementwise (kernel)
                                        →  ops.sort      →  Traced (NumPy; backward by a tape)
"""

from cycnn.ops import operators as operators  # gives the values their operators
from cycnn.ops.elementwise import Elementwise
from cycnn.ops.layout import Reshape, Transpose
from cycnn.ops.maths import (
    abs,  # noqa: A004
    absolute,
    add,
    arctan,
    arctan2,
    ceil,
    clip,
    cos,
    cosh,
    divide,
    divide_no_nan,
    equal,
    erf,
    exp,
    exp2,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    isclose,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    mod,
    multiply,
    nan_to_num,
    negative,
    nonzero,
    not_equal,
    power,
    reciprocal,
    round,  # noqa: A004
    rsqrt,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    true_divide,
    where,
)
from cycnn.ops.nn import (
    binary_crossentropy,
    categorical_crossentropy,
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    in_top_k,
    l2_normalize,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    multi_hot,
    normalize,
    one_hot,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_categorical_crossentropy,
    sparse_plus,
    sparse_sigmoid,
    squareplus,
    swish,
    tanh_shrink,
    threshold,
    top_k,
)
from cycnn.ops.primitive import custom_gradient, stop_gradient
from cycnn.ops.products import dot, einsum, matmul, outer, tensordot, trace, vdot
from cycnn.ops.reductions import (
    all,  # noqa: A004
    amax,
    amin,
    any,  # noqa: A004
    argmax,
    argmin,
    argsort,
    average,
    count_nonzero,
    cumprod,
    cumsum,
    diff,
    logsumexp,
    max,  # noqa: A004
    mean,
    median,
    min,  # noqa: A004
    moments,
    norm,
    prod,
    sort,
    std,
    sum,  # noqa: A004
    var,
)
from cycnn.ops.shaping import (
    append,
    arange,
    array,
    broadcast_to,
    cast,
    concatenate,
    convert_to_numpy,
    convert_to_tensor,
    copy,
    expand_dims,
    eye,
    flip,
    full,
    full_like,
    get_item,
    identity,
    is_tensor,
    linspace,
    meshgrid,
    moveaxis,
    ndim,
    ones,
    ones_like,
    pad,
    ravel,
    repeat,
    reshape,
    roll,
    shape,
    size,
    slice,  # noqa: A004
    split,
    squeeze,
    stack,
    swapaxes,
    take,
    take_along_axis,
    tile,
    transpose,
    tri,
    tril,
    triu,
    unstack,
    zeros,
    zeros_like,
)
from cycnn.ops.softmax import LogSoftmax, Softmax
from cycnn.ops.tape import Tape, Tensor, value_and_gradient, vjp

__all__ = [
    "Elementwise", "LogSoftmax", "Reshape", "Softmax", "Tape", "Tensor", "Transpose", "abs", "absolute", "add",
    "all", "amax", "amin", "any", "append", "arange", "arctan", "arctan2", "argmax", "argmin", "argsort", "array",
    "average", "binary_crossentropy", "broadcast_to", "cast", "categorical_crossentropy", "ceil", "celu", "clip",
    "concatenate", "convert_to_numpy", "convert_to_tensor", "copy", "cos", "cosh", "count_nonzero", "cumprod",
    "cumsum", "custom_gradient", "diff", "divide", "divide_no_nan", "dot", "einsum", "elu", "equal", "erf", "exp",
    "exp2", "expand_dims", "expm1", "eye", "flip", "floor", "floor_divide", "full", "full_like", "gelu", "get_item",
    "glu", "greater", "greater_equal", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "identity", "in_top_k", "is_tensor", "isclose", "isfinite", "isinf", "isnan", "l2_normalize", "leaky_relu",
    "less", "less_equal", "linspace", "log", "log1p", "log2", "log10", "log_sigmoid", "log_softmax", "logaddexp",
    "logical_and", "logical_not", "logical_or", "logical_xor", "logsumexp", "matmul", "max", "maximum", "mean",
    "median", "meshgrid", "min", "minimum", "mod", "moments", "moveaxis", "multi_hot", "multiply", "nan_to_num",
    "ndim", "negative", "nonzero", "norm", "normalize", "not_equal", "one_hot", "ones", "ones_like", "outer", "pad",
    "power", "prod", "ravel", "reciprocal", "relu", "relu6", "repeat", "reshape", "roll", "round", "rsqrt", "selu",
    "shape", "sigmoid", "sign", "silu", "sin", "sinh", "size", "slice", "soft_shrink", "softmax", "softplus",
    "softsign", "sort", "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid", "split", "sqrt",
    "square", "squareplus", "squeeze", "stack", "std", "stop_gradient", "subtract", "sum", "swapaxes", "swish",
    "take", "take_along_axis", "tan", "tanh", "tanh_shrink", "tensordot", "threshold", "tile", "top_k", "trace",
    "transpose", "tri", "tril", "triu", "true_divide", "unstack", "value_and_gradient", "var", "vdot", "vjp",
    "where", "zeros", "zeros_like",
]  # fmt: skip


def __getattr__(name):
    from cycnn.core import checks

    raise AttributeError(checks.unknown("function of `cycnn.ops`", name, __all__))
