"""Functions of arrays, with the names, arguments and results of `keras.ops`.

    maths           of each element, or of pairs of elements: arithmetic, exp, comparisons, where
    reductions      over axes: sum, mean, max, argmax
    shaping         where elements lie: reshape, concatenate, take; new arrays
    products        matmul, tensordot, einsum
    nn              activations, normalizations, labels, cross-entropies
    special         angles, error functions, integers; windows of signals
    statistics      quantiles, what is not NaN, counts, searches, segments
    arranging       joins by directions, patterns, diagonals; scatter, slice_update
    sliding         convolutions, poolings, patches
    fourier         fft, stft; complex arrays
    ctc             labels of sequences
    control         cond, loops, scans, map
    linalg image    packages of their own, as in Keras

    tape            Tensor, and the steps that lead to a gradient: value_and_gradient, vjp
    primitive       what makes a function of arrays one of tensors and graphs, too
    symbolic        a function of arrays as an operation of a graph
    uses            what was called on symbolic tensors outside any layer
    operators       Python's operators and NumPy's functions on Tensor, SymbolicTensor and Variable
    elementwise softmax layout      the operations that have kernels
    dtypes arrays   types of results; what users pass as arrays

Called with arrays they compute at once; with the `Tensor`s that a differentiated function gets, they are recorded on a
tape; with symbolic tensors, in the graph. There, each sample is computed from itself alone, by a kernel or else by NumPy.

    value_and_gradient(loss, [y_pred])  →  loss(Tensor)  →  mean(square(...))  →  tape  →  gradient of y_pred
    Layer.call(SymbolicTensor)          →  ops.relu      →  Elementwise (kernel)
                                        →  ops.sort      →  Traced (NumPy; backward by a tape)

Of Keras's names only `dot_product_attention` is missing, as attention is left out of cycnn. Arrays are dense: what is
sparse or ragged is refused. Complex arrays, `eig` and `lu_factor` have no gradients.
"""

import importlib as _importlib
import inspect as _inspect
from typing import TYPE_CHECKING as _TYPE_CHECKING

from cycnn.core.lazy import MissingName as _MissingName
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
    batch_normalization,
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
    layer_normalization,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    multi_hot,
    normalize,
    one_hot,
    psnr,
    relu,
    relu6,
    rms_normalization,
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
    sparsemax,
    squareplus,
    swish,
    tanh_shrink,
    threshold,
    top_k,
)
from cycnn.ops.primitive import custom_gradient, stop_gradient
from cycnn.ops.products import diagonal, dot, einsum, matmul, outer, tensordot, trace, vdot
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
from cycnn.ops.uses import as_seen as _as_seen

if _TYPE_CHECKING:
    from cycnn.ops import image as image
    from cycnn.ops import linalg as linalg
    from cycnn.ops.arranging import (
        array_split,
        cross,
        depth_to_space,
        diag,
        diagflat,
        dsplit,
        dstack,
        dtype,
        empty,
        empty_like,
        fliplr,
        flipud,
        geomspace,
        hsplit,
        hstack,
        inner,
        kron,
        logspace,
        rearrange,
        rot90,
        saturate_cast,
        scatter,
        scatter_update,
        select,
        slice_update,
        space_to_depth,
        vander,
        view,
        vsplit,
        vstack,
    )
    from cycnn.ops.control import (
        associative_scan,
        cond,
        fori_loop,
        jvp,
        map,  # noqa: A004
        scan,
        switch,
        vectorize,
        vectorized_map,
        while_loop,
    )
    from cycnn.ops.ctc import (
        ctc_decode,
        ctc_loss,
    )
    from cycnn.ops.fourier import (
        angle,
        conj,
        conjugate,
        extract_sequences,
        fft,
        fft2,
        ifft2,
        imag,
        irfft,
        isreal,
        istft,
        polar,
        real,
        rfft,
        stft,
        view_as_complex,
        view_as_real,
    )
    from cycnn.ops.linalg import (
        cholesky,
        cholesky_inverse,
        det,
        eig,
        eigh,
        inv,
        logdet,
        lstsq,
        lu_factor,
        matrix_rank,
        norm,
        pinv,
        qr,
        slogdet,
        solve,
        solve_triangular,
        svd,
    )
    from cycnn.ops.sliding import (
        adaptive_average_pool,
        adaptive_max_pool,
        average_pool,
        conv,
        conv_transpose,
        depthwise_conv,
        fold,
        max_pool,
        separable_conv,
        unfold,
    )
    from cycnn.ops.special import (
        allclose,
        arccos,
        arccosh,
        arcsin,
        arcsinh,
        arctanh,
        bartlett,
        bitwise_and,
        bitwise_invert,
        bitwise_left_shift,
        bitwise_not,
        bitwise_or,
        bitwise_right_shift,
        bitwise_xor,
        blackman,
        cbrt,
        deg2rad,
        erfc,
        erfinv,
        fabs,
        fmax,
        fmin,
        fmod,
        gcd,
        hamming,
        hanning,
        heaviside,
        hypot,
        i0,
        isin,
        isneginf,
        isposinf,
        kaiser,
        lcm,
        ldexp,
        left_shift,
        logaddexp2,
        nextafter,
        rad2deg,
        right_shift,
        signbit,
        sinc,
        trunc,
    )
    from cycnn.ops.statistics import (
        argpartition,
        bincount,
        cdist,
        corrcoef,
        correlate,
        digitize,
        histogram,
        nanargmax,
        nanargmin,
        nancumprod,
        nancumsum,
        nanmax,
        nanmean,
        nanmedian,
        nanmin,
        nanpercentile,
        nanprod,
        nanquantile,
        nanstd,
        nansum,
        nanvar,
        percentile,
        ptp,
        quantile,
        searchsorted,
        segment_max,
        segment_min,
        segment_prod,
        segment_sum,
        trapezoid,
        unique,
        unravel_index,
    )

__all__ = [
    "Elementwise", "LogSoftmax", "Reshape", "Softmax", "Tape", "Tensor", "Transpose", "abs", "absolute",
    "adaptive_average_pool", "adaptive_max_pool", "add", "all", "allclose", "amax", "amin", "angle", "any",
    "append", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax",
    "argmin", "argpartition", "argsort", "array", "array_split", "associative_scan", "average", "average_pool",
    "bartlett", "batch_normalization", "binary_crossentropy", "bincount", "bitwise_and", "bitwise_invert",
    "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "blackman",
    "broadcast_to", "cast", "categorical_crossentropy", "cbrt", "cdist", "ceil", "celu", "cholesky",
    "cholesky_inverse", "clip", "concatenate", "cond", "conj", "conjugate", "conv", "conv_transpose",
    "convert_to_numpy", "convert_to_tensor", "copy", "corrcoef", "correlate", "cos", "cosh", "count_nonzero",
    "cross", "ctc_decode", "ctc_loss", "cumprod", "cumsum", "custom_gradient", "deg2rad", "depth_to_space",
    "depthwise_conv", "det", "diag", "diagflat", "diagonal", "diff", "digitize", "divide", "divide_no_nan", "dot",
    "dsplit", "dstack", "dtype", "eig", "eigh", "einsum", "elu", "empty", "empty_like", "equal", "erf", "erfc",
    "erfinv", "exp", "exp2", "expand_dims", "expm1", "extract_sequences", "eye", "fabs", "fft", "fft2", "flip",
    "fliplr", "flipud", "floor", "floor_divide", "fmax", "fmin", "fmod", "fold", "fori_loop", "full", "full_like",
    "gcd", "gelu", "geomspace", "get_item", "glu", "greater", "greater_equal", "hamming", "hanning", "hard_shrink",
    "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "heaviside", "histogram", "hsplit", "hstack", "hypot",
    "i0", "identity", "ifft2", "imag", "image", "in_top_k", "inner", "inv", "irfft", "is_tensor", "isclose",
    "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "isreal", "istft", "jvp", "kaiser", "kron",
    "l2_normalize", "layer_normalization", "lcm", "ldexp", "leaky_relu", "left_shift", "less", "less_equal",
    "linalg", "linspace", "log", "log1p", "log2", "log10", "log_sigmoid", "log_softmax", "logaddexp", "logaddexp2",
    "logdet", "logical_and", "logical_not", "logical_or", "logical_xor", "logspace", "logsumexp", "lstsq",
    "lu_factor", "map", "matmul", "matrix_rank", "max", "max_pool", "maximum", "mean", "median", "meshgrid", "min",
    "minimum", "mod", "moments", "moveaxis", "multi_hot", "multiply", "nan_to_num", "nanargmax", "nanargmin",
    "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod",
    "nanquantile", "nanstd", "nansum", "nanvar", "ndim", "negative", "nextafter", "nonzero", "norm", "normalize",
    "not_equal", "one_hot", "ones", "ones_like", "outer", "pad", "percentile", "pinv", "polar", "power", "prod",
    "psnr", "ptp", "qr", "quantile", "rad2deg", "ravel", "real", "rearrange", "reciprocal", "relu", "relu6",
    "repeat", "reshape", "rfft", "right_shift", "rms_normalization", "roll", "rot90", "round", "rsqrt",
    "saturate_cast", "scan", "scatter", "scatter_update", "searchsorted", "segment_max", "segment_min",
    "segment_prod", "segment_sum", "select", "selu", "separable_conv", "shape", "sigmoid", "sign", "signbit",
    "silu", "sin", "sinc", "sinh", "size", "slice", "slice_update", "slogdet", "soft_shrink", "softmax", "softplus",
    "softsign", "solve", "solve_triangular", "sort", "space_to_depth", "sparse_categorical_crossentropy",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "split", "sqrt", "square", "squareplus", "squeeze", "stack",
    "std", "stft", "stop_gradient", "subtract", "sum", "svd", "swapaxes", "swish", "switch", "take",
    "take_along_axis", "tan", "tanh", "tanh_shrink", "tensordot", "threshold", "tile", "top_k", "trace",
    "transpose", "trapezoid", "tri", "tril", "triu", "true_divide", "trunc", "unfold", "unique", "unravel_index",
    "unstack", "value_and_gradient", "vander", "var", "vdot", "vectorize", "vectorized_map", "view",
    "view_as_complex", "view_as_real", "vjp", "vsplit", "vstack", "where", "while_loop", "zeros", "zeros_like",
]  # fmt: skip

# Modules that are imported when one of their functions is first asked for.
_LATER = {
    "arranging": "array_split cross depth_to_space diag diagflat dsplit dstack dtype empty empty_like fliplr flipud "
    "geomspace hsplit hstack inner kron logspace rearrange rot90 saturate_cast scatter scatter_update "
    "select slice_update space_to_depth vander view vsplit vstack",
    "control": "associative_scan cond fori_loop jvp map scan switch vectorize vectorized_map while_loop",
    "ctc": "ctc_decode ctc_loss",
    "fourier": "angle conj conjugate extract_sequences fft fft2 ifft2 imag irfft isreal istft polar real rfft stft "
    "view_as_complex view_as_real",
    "linalg": "cholesky cholesky_inverse det eig eigh inv logdet lstsq lu_factor matrix_rank norm pinv qr slogdet "
    "solve solve_triangular svd",
    "sliding": "adaptive_average_pool adaptive_max_pool average_pool conv conv_transpose depthwise_conv fold "
    "max_pool separable_conv unfold",
    "special": "allclose arccos arccosh arcsin arcsinh arctanh bartlett bitwise_and bitwise_invert "
    "bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman cbrt deg2rad erfc "
    "erfinv fabs fmax fmin fmod gcd hamming hanning heaviside hypot i0 isin isneginf isposinf kaiser lcm "
    "ldexp left_shift logaddexp2 nextafter rad2deg right_shift signbit sinc trunc",
    "statistics": "argpartition bincount cdist corrcoef correlate digitize histogram nanargmax nanargmin nancumprod "
    "nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar "
    "percentile ptp quantile searchsorted segment_max segment_min segment_prod segment_sum trapezoid "
    "unique unravel_index",
}  # fmt: skip
_MODULES = {name: module for module, found in _LATER.items() for name in found.split()}
# Functions are noted when they are first asked for, the few that a program uses.
_functions = {name: globals().pop(name) for name in __all__ if _inspect.isfunction(globals().get(name))}


def __getattr__(name):
    if name in ("image", "linalg"):
        return _importlib.import_module(f"cycnn.ops.{name}")
    if name in _MODULES:
        found = getattr(_importlib.import_module(f"cycnn.ops.{_MODULES[name]}"), name)
    elif name in _functions:
        found = _functions[name]
    else:
        raise _MissingName("function of `cycnn.ops`", name, __all__)
    globals()[name] = found = _as_seen(found)
    return found


def __dir__():
    return __all__
