"""Functions of each element alone, and of pairs of elements, broadcast as NumPy does."""

import math

import numpy as np

from cycnn.ops.dtypes import floating, is_weak, promote
from cycnn.ops.elementwise import Affine, Combine, Elementwise, is_symbolic
from cycnn.ops.primitive import primitive
from cycnn.ops.product import biased

# ------------------------------------------------------------------------------------------------- arithmetic


def _affine(x, scale, offset=0.0):
    """x * scale + offset in a graph, where these are numbers."""
    numeric = all(is_weak(number) and math.isfinite(number) for number in (scale, offset))
    return Affine(scale, offset).record(x) if numeric and is_symbolic(x) else NotImplemented


def _combined(kind, scaled=None):
    """A shortcut: the kernel for two tensors of one shape; `scaled(x, number, first)` where the other is a number."""

    def shortcut(x1, x2):
        if is_symbolic(x1) and is_symbolic(x2) and x1.shape == x2.shape:
            return Combine(kind).record((x1, x2))
        if scaled is None or not (is_weak(x1) or is_weak(x2)):
            return NotImplemented
        return scaled(x1, x2, True) if is_weak(x2) else scaled(x2, x1, False)

    return shortcut


_added = _combined("add", lambda x, number, first: _affine(x, 1.0, number))


def _add(x1, x2):
    """Also a bias of a product, on either side."""
    for x, bias in ((x1, x2), (x2, x1)):
        found = biased(x, bias) if is_symbolic(x) else None
        if found is not None:
            return found
    return _added(x1, x2)


_subtract = _combined("subtract", lambda x, number, first: _affine(x, *((1.0, -number) if first else (-1.0, number))))
_multiply = _combined("multiply", lambda x, number, first: _affine(x, number))


def _divide(x1, x2):
    return _affine(x1, 1.0 / x2) if is_weak(x2) and x2 else NotImplemented


@primitive(2, _add)
def add(x1, x2):
    """x1 + x2."""
    x1, x2 = promote(x1, x2)
    return x1 + x2, lambda d: d, lambda d: d


@primitive(2, _subtract)
def subtract(x1, x2):
    """x1 - x2."""
    x1, x2 = promote(x1, x2)
    return x1 - x2, lambda d: d, lambda d: -d


@primitive(2, _multiply)
def multiply(x1, x2):
    """x1 * x2."""
    x1, x2 = promote(x1, x2)
    return x1 * x2, lambda d: d * x2, lambda d: d * x1


@primitive(2, _divide)
def divide(x1, x2):
    """x1 / x2, a floating point number for integers too."""
    x1, x2 = floating(x1, x2)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = x1 / x2
    return y, lambda d: d / x2, lambda d: -d * y / x2


true_divide = divide


@primitive(2)
def divide_no_nan(x1, x2):
    """x1 / x2, and 0 where x2 is 0."""
    x1, x2 = floating(x1, x2)
    inverse = np.where(x2 == 0, 0, 1 / np.where(x2 == 0, 1, x2))
    y = x1 * inverse
    return y, lambda d: d * inverse, lambda d: -d * y * inverse


@primitive(2)
def floor_divide(x1, x2):
    """The largest integer that is at most x1 / x2."""
    x1, x2 = promote(x1, x2)
    return x1 // x2


@primitive(2)
def mod(x1, x2):
    """The rest of x1 / x2, with the sign of x2."""
    x1, x2 = promote(x1, x2)
    return np.mod(x1, x2), lambda d: d, lambda d: -d * np.floor(x1 / x2)


@primitive(2)
def power(x1, x2):
    """x1 to the power of x2."""
    x1, x2 = promote(x1, x2)
    with np.errstate(invalid="ignore", divide="ignore"):
        y = _integer_power(x1, x2) if x1.dtype.kind in "iub" else np.power(x1, x2)

    def slope(d):
        with np.errstate(invalid="ignore", divide="ignore"):
            return d * np.where(x2 == 0, 0, x2 * np.power(x1, np.where(x2 == 0, 1, x2 - 1)))

    def slope_of_exponent(d):
        return d * np.where(x1 > 0, y * np.log(np.where(x1 > 0, x1, 1)), 0)

    return y, slope, slope_of_exponent


def _integer_power(x1, x2):
    """Powers of integers; those of negative exponents are cut to integers, as other libraries do."""
    whole = np.power(x1, np.maximum(x2, 0))
    return np.where(x2 < 0, np.where(np.abs(x1) == 1, np.power(x1, np.abs(x2)), 0), whole).astype(x1.dtype)


@primitive(2, _combined("maximum"))
def maximum(x1, x2):
    """The larger of two numbers. Of two equal ones each takes half of the gradient."""
    return _choice(np.maximum, np.greater, x1, x2)


@primitive(2, _combined("minimum"))
def minimum(x1, x2):
    """The smaller of two numbers. Of two equal ones each takes half of the gradient."""
    return _choice(np.minimum, np.less, x1, x2)


def _choice(function, wins, x1, x2):
    x1, x2 = promote(x1, x2)
    share = lambda a, b: wins(a, b) + 0.5 * (a == b)  # noqa: E731
    return function(x1, x2), lambda d: d * share(x1, x2), lambda d: d * share(x2, x1)


@primitive(shortcut=lambda x: _affine(x, -1.0))
def negative(x):
    """-x."""
    (x,) = promote(x)
    return -x, lambda d: -d


@primitive()
def reciprocal(x):
    """1 / x."""
    (x,) = floating(x)
    with np.errstate(divide="ignore"):
        y = 1 / x
    return y, lambda d: -d * y * y


@primitive()
def abs(x):  # noqa: A001
    """|x|. The slope at 0 is 0."""
    (x,) = promote(x)
    return np.abs(x), lambda d: d * np.sign(x)


absolute = abs


@primitive()
def sign(x):
    """-1, 0 or 1."""
    (x,) = promote(x)
    return np.sign(x) if x.dtype.kind != "b" else x, np.zeros_like


@primitive()
def clip(x, x_min, x_max):
    """x, held between two bounds. No gradient flows outside of them."""
    x, low, high = promote(x, x_min, x_max)
    return np.clip(x, low, high), lambda d: d * ((low <= x) & (x <= high))


# -------------------------------------------------------------------------------------------- powers and roots


@primitive(shortcut=lambda x: Combine("multiply").record((x, x)) if is_symbolic(x) else NotImplemented)
def square(x):
    """x²."""
    x = promote(x, 0)[0] if np.asarray(x).dtype.kind == "b" else promote(x)[0]
    return x * x, lambda d: d * 2 * x


@primitive()
def sqrt(x):
    """The square root; NaN for negative numbers."""
    (x,) = floating(x)
    with np.errstate(invalid="ignore"):
        y = np.sqrt(x)
    return y, lambda d: _quotient(d, 2 * y)


@primitive()
def rsqrt(x):
    """1 / sqrt(x)."""
    (x,) = floating(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        y = 1 / np.sqrt(x)
    return y, lambda d: d * -0.5 * y * y * y


def _quotient(a, b):
    """a / b, infinite or NaN where that is what it is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return a / b


# ------------------------------------------------------------------------------- exponential, trigonometric


@primitive(shortcut=lambda x: Elementwise("exponential").record(x))
def exp(x):
    """eˣ."""
    (x,) = floating(x)
    with np.errstate(over="ignore"):
        y = np.exp(x)
    return y, lambda d: d * y


@primitive()
def exp2(x):
    """2ˣ."""
    (x,) = floating(x)
    y = np.exp2(x)
    return y, lambda d: d * y * math.log(2)


@primitive()
def expm1(x):
    """eˣ - 1, exact near 0."""
    (x,) = floating(x)
    with np.errstate(over="ignore"):
        y = np.expm1(x)
    return y, lambda d: d * (y + 1)


def _logarithm(function, base=math.e):
    def compute(x):
        (x,) = floating(x)
        with np.errstate(invalid="ignore", divide="ignore"):
            return function(x), lambda d: _quotient(d, x * np.asarray(math.log(base), x.dtype))

    return compute


@primitive()
def log(x):
    """The natural logarithm."""
    return _logarithm(np.log)(x)


@primitive()
def log2(x):
    """The logarithm to base 2."""
    return _logarithm(np.log2, 2)(x)


@primitive()
def log10(x):
    """The logarithm to base 10."""
    return _logarithm(np.log10, 10)(x)


@primitive()
def log1p(x):
    """log(1 + x), exact near 0."""
    (x,) = floating(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.log1p(x), lambda d: _quotient(d, 1 + x)


@primitive(2)
def logaddexp(x1, x2):
    """log(eˣ¹ + eˣ²)."""
    x1, x2 = floating(x1, x2)
    y = np.logaddexp(x1, x2)
    return y, lambda d: d * np.exp(x1 - y), lambda d: d * np.exp(x2 - y)


def _smooth(function, slope):
    """A primitive's body: a function of floats and its derivative, written with x and y."""

    def compute(x):
        (x,) = floating(x)
        y = function(x)
        return y, lambda d: d * slope(x, y)

    return compute


@primitive()
def sin(x):
    """The sine."""
    return _smooth(np.sin, lambda x, y: np.cos(x))(x)


@primitive()
def cos(x):
    """The cosine."""
    return _smooth(np.cos, lambda x, y: -np.sin(x))(x)


@primitive()
def tan(x):
    """The tangent."""
    return _smooth(np.tan, lambda x, y: 1 + y * y)(x)


@primitive()
def arctan(x):
    """The angle whose tangent is x."""
    return _smooth(np.arctan, lambda x, y: 1 / (1 + x * x))(x)


@primitive(2)
def arctan2(x1, x2):
    """The angle of the point (x2, x1)."""
    x1, x2 = floating(x1, x2)
    norm = x1 * x1 + x2 * x2
    return np.arctan2(x1, x2), lambda d: d * x2 / norm, lambda d: -d * x1 / norm


@primitive()
def sinh(x):
    """The hyperbolic sine."""
    return _smooth(np.sinh, lambda x, y: np.cosh(x))(x)


@primitive()
def cosh(x):
    """The hyperbolic cosine."""
    return _smooth(np.cosh, lambda x, y: np.sinh(x))(x)


@primitive(shortcut=lambda x: Elementwise("tanh").record(x))
def tanh(x):
    """The hyperbolic tangent."""
    return _smooth(np.tanh, lambda x, y: 1 - y * y)(x)


_ERF = np.frompyfunc(math.erf, 1, 1)


@primitive()
def erf(x):
    """The error function, 2 / sqrt(π) times the integral of exp(-t²) from 0 to x."""
    (x,) = floating(x)
    return _ERF(x.astype(np.float64)).astype(x.dtype), lambda d: d * (2 / math.sqrt(math.pi)) * np.exp(-x * x)


# -------------------------------------------------------------------------------------------------- rounding


def _step(function):
    """A primitive's body: a function of steps, whose slope is 0."""

    def compute(x, *args):
        return function(x, *args), np.zeros_like

    return compute


@primitive()
def floor(x):
    """The largest integer that is at most x, as a floating point number."""
    return _step(np.floor)(*floating(x))


@primitive()
def ceil(x):
    """The smallest integer that is at least x, as a floating point number."""
    return _step(np.ceil)(*floating(x))


@primitive()
def round(x, decimals=0):  # noqa: A001
    """x rounded to a number of decimals, halves to the even neighbour."""
    return _step(np.round)(*promote(x), decimals)


# ----------------------------------------------------------------------------------------- comparison and logic


@primitive(2)
def equal(x1, x2):
    """x1 == x2."""
    return np.equal(*promote(x1, x2))


@primitive(2)
def not_equal(x1, x2):
    """x1 != x2."""
    return np.not_equal(*promote(x1, x2))


@primitive(2)
def greater(x1, x2):
    """x1 > x2."""
    return np.greater(*promote(x1, x2))


@primitive(2)
def greater_equal(x1, x2):
    """x1 >= x2."""
    return np.greater_equal(*promote(x1, x2))


@primitive(2)
def less(x1, x2):
    """x1 < x2."""
    return np.less(*promote(x1, x2))


@primitive(2)
def less_equal(x1, x2):
    """x1 <= x2."""
    return np.less_equal(*promote(x1, x2))


@primitive(2)
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """|x1 - x2| <= atol + rtol * |x2|."""
    return np.isclose(*promote(x1, x2), rtol, atol, equal_nan)


@primitive(2)
def logical_and(x1, x2):
    """x1 and x2, everything but 0 being true."""
    return np.logical_and(x1, x2)


@primitive(2)
def logical_or(x1, x2):
    """x1 or x2, everything but 0 being true."""
    return np.logical_or(x1, x2)


@primitive(2)
def logical_xor(x1, x2):
    """Either x1 or x2, everything but 0 being true."""
    return np.logical_xor(x1, x2)


@primitive()
def logical_not(x):
    """Not x, everything but 0 being true."""
    return np.logical_not(x)


@primitive()
def isnan(x):
    """Whether a number is NaN."""
    return np.isnan(x)


@primitive()
def isinf(x):
    """Whether a number is infinite."""
    return np.isinf(x)


@primitive()
def isfinite(x):
    """Whether a number is neither infinite nor NaN."""
    return np.isfinite(x)


@primitive()
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """x with NaN and infinities replaced, infinities by the largest numbers unless given."""
    (x,) = promote(x)
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf), lambda d: d * np.isfinite(x)


@primitive(3)
def _where(condition, x1, x2):
    condition = np.asarray(condition).astype(bool)
    y = np.where(condition, *promote(x1, x2))
    return y, None, lambda d: np.where(condition, d, 0), lambda d: np.where(condition, 0, d)


def where(condition, x1=None, x2=None):
    """x1 where the condition holds, x2 elsewhere.

    Args:
        condition: booleans.
        x1, x2: values; without them the indices where the condition holds are returned.

    Returns:
        An array, or a tuple with an array of indices for each axis.
    """
    if x1 is None and x2 is None:
        return nonzero(condition)
    return _where(condition, x1, x2)


def nonzero(x):
    """The indices of what is not 0: a tuple with an int32 array for each axis."""
    return tuple(index.astype(np.int32) for index in np.nonzero(np.asarray(x)))
