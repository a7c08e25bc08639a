"""Random numbers, with the names and arguments of `keras.random`.

    seed=42                 the same numbers at every call
    seed=SeedGenerator(42)  other numbers at every call, the same ones in every run
    seed=None               numbers that follow from `utils.set_random_seed`, where that was called

The numbers are our own, drawn by NumPy's Philox (see `core/random.py`): not those that Keras draws from the same seed.

Inside a layer's `call` the number of samples is not known yet. A shape that begins with None, as `ops.shape(x)` does there,
gives numbers that are drawn whenever the model runs, once for each batch:

    random.normal(ops.shape(z_mean), seed=self.seeds)  →  ops.symbolic.Drawn  →  z_mean + exp(z_log_var / 2) * epsilon
"""

import numpy as np

from cycnn import config, ops
from cycnn.core import checks
from cycnn.core.array import Array
from cycnn.core.random import SeedGenerator, generator
from cycnn.ops.dtypes import standardize
from cycnn.ops.primitive import constant
from cycnn.ops.symbolic import Drawn

__all__ = [
    "SeedGenerator", "beta", "binomial", "categorical", "dropout", "gamma", "normal", "randint", "shuffle",
    "truncated_normal", "uniform",
]  # fmt: skip


def _dtype(dtype, kinds="f"):
    """The type of the results: float32 where none is given."""
    found = standardize(dtype)
    if found.kind not in kinds:
        words = "floating point numbers" if kinds == "f" else "integers"
        raise ValueError(f"`dtype` must be a type of {words}. Received: dtype={dtype!r}.")
    return found


def _parameters(*values):
    return (np.asarray(constant(value, "parameters of a distribution")) for value in values)


def _drawn(function, shape, dtype):
    """`function(shape)` as an array of a type; where the number of samples is None, when a model runs.

    Raises:
        ValueError: another length is None.
    """
    shape = tuple(shape)
    if any(length is None for length in shape[1:]):
        raise ValueError(f"`shape` may hold None in the place of the samples, the first. Received: shape={shape}.")

    def draw(samples):
        return np.asarray(function((samples, *shape[1:]))).astype(dtype)

    if shape[:1] == (None,):
        return Drawn(draw, shape[1:], dtype)
    return np.asarray(function(shape)).astype(dtype).view(Array)


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of a normal distribution.

    Args:
        shape: of the result.
        mean, stddev: mean and standard deviation.
        dtype: floating point type; float32 where it is None.
        seed: integer, `SeedGenerator` or None.
    """
    dtype, (mean, stddev) = _dtype(dtype), _parameters(mean, stddev)
    return _drawn(lambda shape: mean + stddev * generator(seed).standard_normal(shape), shape, dtype)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of a normal distribution, those beyond two standard deviations drawn again. Arguments as in `normal`."""
    dtype, (mean, stddev) = _dtype(dtype), _parameters(mean, stddev)

    def draw(shape):
        source = generator(seed)
        z = np.asarray(source.standard_normal(shape))
        while (far := np.abs(z) > 2).any():
            z[far] = source.standard_normal(far.sum())
        return mean + stddev * z

    return _drawn(draw, shape, dtype)


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers that lie evenly between two bounds, the lower one included.

    Args:
        shape: of the result.
        minval, maxval: the bounds.
        dtype: floating point type; float32 where it is None.
        seed: integer, `SeedGenerator` or None.
    """
    dtype, (low, high) = _dtype(dtype), _parameters(minval, maxval)
    last = np.nextafter(high.astype(dtype), low.astype(dtype))

    def draw(shape):
        found = (low + (high - low) * generator(seed).random(shape)).astype(dtype)
        return np.where((found == high.astype(dtype)) & (low < high), last, found)  # what was rounded up to the bound

    return _drawn(draw, shape, dtype)


def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers between two bounds, the lower one included.

    Args:
        shape: of the result.
        minval, maxval: the bounds.
        dtype: integer type.
        seed: integer, `SeedGenerator` or None.
    """
    low, high = _parameters(minval, maxval)
    return _drawn(lambda shape: generator(seed).integers(low, high, shape), shape, _dtype(dtype, "iu"))


def categorical(logits, num_samples, dtype="int32", seed=None):
    """Classes by their probabilities.

    Args:
        logits: array (n, classes) of log probabilities, to each row of which any number may be added.
        num_samples: how many classes are drawn for each row.
        dtype: of the result.
        seed: integer, `SeedGenerator` or None.

    Returns:
        An array (n, num_samples).
    """
    logits = constant(logits, "logits").astype(np.float64)
    if logits.ndim != 2:
        raise ValueError(f"`logits` must have the shape (n, classes). Received: shape {logits.shape}.")
    sums = np.cumsum(np.exp(logits - logits.max(-1, keepdims=True)), -1)
    share = generator(seed).random((len(logits), int(num_samples), 1)) * sums[:, None, -1:]
    return (sums[:, None] <= share).sum(-1).astype(standardize(dtype))


def gamma(shape, alpha, dtype=None, seed=None):
    """Numbers of a gamma distribution of scale 1.

    Args:
        shape: of the result.
        alpha: the shape of the distribution: a positive number, or an array.
        dtype: floating point type; float32 where it is None.
        seed: integer, `SeedGenerator` or None.
    """
    dtype, (alpha,) = _dtype(dtype), _parameters(alpha)
    return _drawn(lambda shape: generator(seed).standard_gamma(alpha, shape), shape, dtype)


def beta(shape, alpha, beta, dtype=None, seed=None):
    """Numbers of a beta distribution.

    Args:
        shape: of the result.
        alpha, beta: positive numbers, or arrays.
        dtype: floating point type; float32 where it is None.
        seed: integer, `SeedGenerator` or None.
    """
    dtype, (alpha, beta) = _dtype(dtype), _parameters(alpha, beta)
    return _drawn(lambda shape: generator(seed).beta(alpha, beta, shape), shape, dtype)


def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """How many of some trials succeed.

    Args:
        shape: of the result.
        counts: how many trials: a number, or an array.
        probabilities: of success: a number, or an array.
        dtype: floating point type; float32 where it is None.
        seed: integer, `SeedGenerator` or None.
    """
    dtype, (counts, probabilities) = _dtype(dtype), _parameters(counts, probabilities)
    counts = counts.astype(np.int64)
    return _drawn(lambda shape: generator(seed).binomial(counts, probabilities, shape), shape, dtype)


def dropout(inputs, rate, noise_shape=None, seed=None):
    """Elements set to 0 by chance, the others divided by the probability to stay.

    Args:
        inputs: array.
        rate: the probability to become 0.
        noise_shape: shape of the choices, which broadcasts to that of the inputs; None in it stands for the inputs' own.
        seed: integer, `SeedGenerator` or None.
    """
    rate = checks.number("rate", rate, 0, 1)
    shape = ops.shape(inputs)
    if noise_shape is not None:
        shape = tuple(own if length is None else length for own, length in zip(shape, noise_shape, strict=True))
    kind = np.dtype(getattr(inputs, "dtype", "float32"))
    factors = _drawn(
        lambda shape: _factors(generator(seed).random(shape), rate), shape, kind if kind.kind == "f" else "float32"
    )
    return ops.multiply(inputs, factors)


def _factors(share, rate):
    """0 for a share of the numbers that lie evenly between 0 and 1, and for the others 1 / (1 - rate)."""
    return (share >= rate) / (1 - rate if rate < 1 else 1)


def shuffle(x, axis=0, seed=None):
    """What lies along an axis, in another order.

    Args:
        x: array.
        axis: integer.
        seed: integer, `SeedGenerator` or None.
    """
    return ops.take(x, generator(seed).permutation(ops.shape(x)[axis]), axis)


def set_seed(seed):
    """TensorFlow's name for the seed that all numbers drawn without one follow from; see `utils.set_random_seed`.

    Args:
        seed: integer.
    """
    config.set_seed(int(seed))


def __getattr__(name):
    raise AttributeError(checks.unknown("function of `cycnn.random`", name, __all__))


def __dir__():
    return __all__
