"""More functions of each element: angles, special functions, steps, and what integers have.

Formulas by their numbers in Abramowitz and Stegun, "Handbook of mathematical functions" (1964).
"""

import math

import numpy as np

from cycnn.ops import maths
from cycnn.ops.dtypes import FLOAT, INTEGER, floating, promote
from cycnn.ops.primitive import composite, primitive


def _quiet(function, slope):
    """A primitive's body: a function of floats with its derivative, written with x and y; NaN or infinite out of range."""

    def compute(x):
        (x,) = floating(x)
        with np.errstate(all="ignore"):
            y = function(x)

        def pullback(d):
            with np.errstate(all="ignore"):
                return d * slope(x, y)

        return y, pullback

    return compute


# ------------------------------------------------------------------------------------------------------- angles


@primitive()
def arcsin(x):
    """The angle whose sine is x."""
    return _quiet(np.arcsin, lambda x, y: 1 / np.sqrt(1 - x * x))(x)


@primitive()
def arccos(x):
    """The angle whose cosine is x."""
    return _quiet(np.arccos, lambda x, y: -1 / np.sqrt(1 - x * x))(x)


@primitive()
def arcsinh(x):
    """The inverse of the hyperbolic sine."""
    return _quiet(np.arcsinh, lambda x, y: 1 / np.sqrt(1 + x * x))(x)


@primitive()
def arccosh(x):
    """The inverse of the hyperbolic cosine; NaN below 1."""
    return _quiet(np.arccosh, lambda x, y: 1 / np.sqrt(x * x - 1))(x)


@primitive()
def arctanh(x):
    """The inverse of the hyperbolic tangent; NaN beyond -1 and 1."""
    return _quiet(np.arctanh, lambda x, y: 1 / (1 - x * x))(x)


def deg2rad(x):
    """Degrees as radians."""
    return maths.multiply(x, math.pi / 180)


def rad2deg(x):
    """Radians as degrees."""
    return maths.multiply(x, 180 / math.pi)


@primitive(2)
def hypot(x1, x2):
    """sqrt(x1² + x2²), which does not overflow. The slope at (0, 0) is 0."""
    x1, x2 = floating(x1, x2)
    y = np.hypot(x1, x2)
    inverse = np.where(y == 0, 0, 1 / np.where(y == 0, 1, y))
    return y, lambda d: d * x1 * inverse, lambda d: d * x2 * inverse


@primitive()
def sinc(x):
    """sin(πx) / (πx), and 1 at 0."""

    def slope(x, y):
        away = np.where(x == 0, 1, x)
        return np.where(x == 0, 0, (np.cos(math.pi * x) - y) / away)

    return _quiet(np.sinc, slope)(x)


# ------------------------------------------------------------------------------------- roots, exponentials, errors


@primitive()
def cbrt(x):
    """The cube root."""
    return _quiet(np.cbrt, lambda x, y: 1 / (3 * y * y))(x)


@primitive(2)
def logaddexp2(x1, x2):
    """log2(2ˣ¹ + 2ˣ²)."""
    x1, x2 = floating(x1, x2)
    y = np.logaddexp2(x1, x2)
    return y, lambda d: d * np.exp2(x1 - y), lambda d: d * np.exp2(x2 - y)


@primitive(2)
def ldexp(x1, x2):
    """x1 · 2ˣ², x2 being integers."""
    (x1,), x2 = floating(x1), np.asarray(x2).astype(INTEGER)
    return np.ldexp(x1, x2), lambda d: np.ldexp(d, x2), None


_ERFC = np.frompyfunc(math.erfc, 1, 1)


@primitive()
def erfc(x):
    """1 - erf(x), exact where that is close to 0."""
    (x,) = floating(x)
    y = np.asarray(_ERFC(x.astype(np.float64))).astype(x.dtype)
    return y, lambda d: d * (-2 / math.sqrt(math.pi)) * np.exp(-x * x)


@primitive()
def erfinv(x):
    """The number whose error function is x: infinite at -1 and 1, NaN beyond."""
    from statistics import NormalDist  # 10 ms that few programs need

    (x,) = floating(x)
    quantile = NormalDist().inv_cdf

    def inverse(x):
        """A quantile of the normal distribution; one step of Newton's makes it exact for small x, too."""
        if not -1 < x < 1:
            return math.copysign(math.inf, x) if abs(x) == 1 else math.nan
        y = quantile((1 + x) / 2) / math.sqrt(2)
        return y - (math.erf(y) - x) * math.exp(y * y) * math.sqrt(math.pi) / 2

    y = np.frompyfunc(inverse, 1, 1)(x.astype(np.float64))
    y = np.asarray(y).astype(x.dtype)
    return y, lambda d: d * (math.sqrt(math.pi) / 2) * np.exp(y * y)


_ANGLES = np.cos((np.arange(256) + 0.5) * math.pi / 256)


@primitive()
def i0(x):
    """The modified Bessel function of the first kind and order 0."""

    def first_order(x, y):
        """I1(x), the mean of cos θ exp(x cos θ) over half a circle (9.6.19)."""
        return (_ANGLES * np.exp(x[..., None].astype(np.float64) * _ANGLES)).mean(-1)

    return _quiet(lambda x: np.i0(x).astype(x.dtype), first_order)(x)


# ------------------------------------------------------------------------------------------------ steps and choices


@primitive()
def trunc(x):
    """The integer part of x: the next integer towards 0."""
    (x,) = promote(x)
    return np.trunc(x).astype(x.dtype), np.zeros_like


@primitive()
def fabs(x):
    """|x| as a floating point number."""
    (x,) = floating(x)
    return np.abs(x), lambda d: d * np.sign(x)


@primitive(2)
def heaviside(x1, x2):
    """0 for negative x1, 1 for positive, x2 at 0."""
    x1, x2 = floating(x1, x2)
    return np.heaviside(x1, x2), np.zeros_like, lambda d: d * (x1 == 0)


@primitive(2)
def fmod(x1, x2):
    """The rest of x1 / x2, with the sign of x1."""
    x1, x2 = promote(x1, x2)
    with np.errstate(invalid="ignore"):
        return np.fmod(x1, x2), lambda d: d, lambda d: -d * np.trunc(x1 / x2)


def fmax(x1, x2):
    """The larger of two numbers; the other one where one is NaN."""
    return _of_numbers(maths.maximum, x1, x2)


def fmin(x1, x2):
    """The smaller of two numbers; the other one where one is NaN."""
    return _of_numbers(maths.minimum, x1, x2)


@composite
def _of_numbers(function, x1, x2):
    first, second = maths.isnan(x1), maths.isnan(x2)
    return function(maths.where(first, x2, x1), maths.where(second, x1, x2))


@primitive(2)
def nextafter(x1, x2):
    """The number next to x1 that its type has in the direction of x2."""
    return np.nextafter(*floating(x1, x2)), lambda d: d, None


@primitive()
def signbit(x):
    """Whether a number is negative, -0 too."""
    x = np.asarray(x)
    return np.signbit(x) if x.dtype.kind in "fi" else np.zeros(x.shape, bool)


@primitive()
def isposinf(x):
    """Whether a number is the positive infinity."""
    return np.asarray(x) == math.inf


@primitive()
def isneginf(x):
    """Whether a number is the negative infinity."""
    return np.asarray(x) == -math.inf


@primitive(2)
def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether |x1 - x2| <= atol + rtol * |x2| everywhere."""
    return np.allclose(*promote(x1, x2), rtol, atol, equal_nan)


@primitive(2)
def isin(x1, x2, assume_unique=False, invert=False):
    """Whether each element of x1 is one of x2's; with `invert`, whether it is none."""
    return np.isin(*promote(x1, x2), assume_unique=assume_unique, invert=invert)


# --------------------------------------------------------------------------------------------------- integers


def _of_integers(function, x, y):
    x, y = promote(x, y)
    if x.dtype.kind == "f":
        raise ValueError(f"`{function.__name__}` takes integers and booleans. Received: arrays of {x.dtype}.")
    return function(x, y)


@primitive(2)
def bitwise_and(x, y):
    """The bits that both integers have."""
    return _of_integers(np.bitwise_and, x, y)


@primitive(2)
def bitwise_or(x, y):
    """The bits that one of two integers has."""
    return _of_integers(np.bitwise_or, x, y)


@primitive(2)
def bitwise_xor(x, y):
    """The bits that just one of two integers has."""
    return _of_integers(np.bitwise_xor, x, y)


@primitive()
def bitwise_not(x):
    """Each bit of an integer turned around."""
    (x,) = promote(x)
    return _of_integers(lambda x, _: np.invert(x), x, x)


bitwise_invert = bitwise_not


@primitive(2)
def bitwise_left_shift(x, y):
    """x · 2ʸ, for integers."""
    return _of_integers(np.left_shift, x, y)


left_shift = bitwise_left_shift


@primitive(2)
def bitwise_right_shift(x, y):
    """x / 2ʸ rounded down, for integers."""
    return _of_integers(np.right_shift, x, y)


right_shift = bitwise_right_shift


@primitive(2)
def gcd(x1, x2):
    """The greatest common divisor of two integers."""
    return _of_integers(np.gcd, x1, x2)


@primitive(2)
def lcm(x1, x2):
    """The least common multiple of two integers."""
    return _of_integers(np.lcm, x1, x2)


# ---------------------------------------------------------------------------------------------------- windows


def bartlett(x):
    """A triangle of x points from 0 to 1 and back."""
    return np.bartlett(int(x)).astype(FLOAT)


def blackman(x):
    """Blackman's window of x points."""
    return np.blackman(int(x)).astype(FLOAT)


def hamming(x):
    """Hamming's window of x points: a raised cosine that begins at 0.08."""
    return np.hamming(int(x)).astype(FLOAT)


def hanning(x):
    """Hann's window of x points: a raised cosine that begins at 0."""
    return np.hanning(int(x)).astype(FLOAT)


def kaiser(x, beta):
    """Kaiser's window of x points; the larger `beta`, the narrower it is."""
    return np.kaiser(int(x), float(beta)).astype(FLOAT)
