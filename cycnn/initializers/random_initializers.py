"""Initializers that draw: normal, uniform, and those that scale with the number of inputs and outputs of a unit."""

import functools
import math

import numpy as np

from cycnn import config
from cycnn.core import checks, random, registry
from cycnn.initializers.base_initializer import Initializer, standardize

# Standard deviation of a standard normal variable that is cut off at ±2. Keras divides by this literal, so do we.
_TRUNCATED_STDDEV = 0.87962566103423978


class RandomInitializer(Initializer):
    """Base class of initializers that draw.

    Args:
        seed: Integer, `SeedGenerator` or `None`. An integer, and one drawn here for `None`, gives the same values at
            every call; a `SeedGenerator` gives new ones.
    """

    def __init__(self, seed=None):
        if isinstance(seed, dict):
            seed = registry.deserialize_keras_object(seed)
        if not isinstance(seed, random.SeedGenerator) and seed is not None:
            if checks.as_integer(seed) is None:
                raise checks.refuse("seed", "an integer, a SeedGenerator or None", seed)
            seed = checks.as_integer(seed)
        self._init_seed = seed
        if seed is None:
            self._draw = config.next_draw()  # its turn, now
        else:
            self.seed = seed

    @functools.cached_property
    def seed(self):
        """The seed as it was given; the one of this initializer's turn where there was none."""
        return random.make_seed(self._draw)

    def get_config(self):
        return {"seed": registry.serialize_keras_object(self._init_seed)}

    def _uniform(self, shape, dtype, low, high):
        rng, shape, dtype, work = self._begin(shape, dtype)
        x = rng.random(shape, work)
        x *= work.type(high - low)
        x += work.type(low)
        return x.astype(dtype, copy=False)

    def _normal(self, shape, dtype, mean, stddev, truncated=False):
        rng, shape, dtype, work = self._begin(shape, dtype)
        x = rng.standard_normal(shape, work)
        if truncated:
            # Drawing again what lies outside gives exactly the distribution; about 4.6 % lies there, then 0.2 %, …
            flat = x.reshape(-1)
            outside = np.flatnonzero(np.abs(flat) > 2)
            while outside.size:
                flat[outside] = rng.standard_normal(outside.size, work)
                outside = outside[np.abs(flat[outside]) > 2]
        x *= work.type(stddev)
        x += work.type(mean)
        return x.astype(dtype, copy=False)

    def _begin(self, shape, dtype):
        """The generator, the shape, the type that is wanted and the one to draw in."""
        shape, dtype = standardize(shape, dtype)
        if dtype.kind != "f":
            raise ValueError(f"{type(self).__name__} gives floating point numbers. Received: dtype={dtype.name!r}.")
        return random.generator(self.seed), shape, dtype, np.dtype("float64" if dtype.itemsize > 4 else "float32")


class RandomNormal(RandomInitializer):
    """Normal distribution.

    Args:
        mean: Number.
        stddev: Number, the standard deviation.
        seed: Integer, `SeedGenerator` or `None`.

    Example:

    ```python
    >>> cycnn.initializers.RandomNormal(stddev=0.01, seed=1)((3, 3, 1, 8)).shape
    (3, 3, 1, 8)
    ```
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean, self.stddev = mean, stddev
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        return self._normal(shape, dtype, self.mean, self.stddev)

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal distribution without what lies more than two standard deviations from the mean.

    `stddev` is that of the distribution before it is cut off; afterwards it is 0.8796 of that.

    Args:
        mean: Number.
        stddev: Number.
        seed: Integer, `SeedGenerator` or `None`.
    """

    def __call__(self, shape, dtype=None):
        return self._normal(shape, dtype, self.mean, self.stddev, truncated=True)


class RandomUniform(RandomInitializer):
    """Uniform distribution on [minval, maxval).

    Args:
        minval: Number.
        maxval: Number.
        seed: Integer, `SeedGenerator` or `None`.
    """

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        self.minval, self.maxval = minval, maxval
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        return self._uniform(shape, dtype, self.minval, self.maxval)

    def get_config(self):
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class VarianceScaling(RandomInitializer):
    """A distribution around 0 whose variance is `scale / n`.

    `n` is the number of inputs of a unit (`"fan_in"`), the number of units that an input reaches (`"fan_out"`) or the
    mean of both (`"fan_avg"`).

    - `"truncated_normal"` (also `"normal"`): cut off at two standard deviations; the variance is that after the cut.
    - `"untruncated_normal"`: normal.
    - `"uniform"`: within `±sqrt(3 · scale / n)`.

    Args:
        scale: Positive number.
        mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`.
        distribution: `"truncated_normal"`, `"untruncated_normal"` or `"uniform"`.
        seed: Integer, `SeedGenerator` or `None`.
        input_axes: The axes whose lengths multiply to `fan_in`, where it is not what `compute_fans` takes it to be.
        output_axes: The same for `fan_out`; both or neither.

    Raises:
        ValueError: If an argument is none of these.
    """

    def __init__(
        self,
        scale=1.0,
        mode="fan_in",
        distribution="truncated_normal",
        seed=None,
        input_axes=None,
        output_axes=None,
    ):
        checks.number("scale", scale, 0, open_low=True)
        if (input_axes is None) != (output_axes is None):
            raise ValueError(
                "`input_axes` and `output_axes` must be given both or not at all. "
                f"Received: input_axes={input_axes!r}, output_axes={output_axes!r}."
            )
        if isinstance(distribution, str) and distribution.lower() == "normal":
            distribution = "truncated_normal"
        self.scale = scale
        self.mode = checks.one_of("mode", mode, ("fan_in", "fan_out", "fan_avg"))
        self.distribution = checks.one_of(
            "distribution", distribution, ("truncated_normal", "untruncated_normal", "uniform")
        )
        self.input_axes, self.output_axes = input_axes, output_axes
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return self._uniform(shape, dtype, -limit, limit)
        if self.distribution == "untruncated_normal":
            return self._normal(shape, dtype, 0, math.sqrt(variance))
        return self._normal(shape, dtype, 0, math.sqrt(variance) / _TRUNCATED_STDDEV, truncated=True)

    def get_config(self):
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _Named(VarianceScaling):
    """A VarianceScaling with a name of its own: a leaf states scale, mode and distribution."""

    scaling: tuple[float, str, str]

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(*self.scaling, seed, input_axes, output_axes)

    def get_config(self):
        config = super().get_config()
        return {name: config[name] for name in ("seed", "input_axes", "output_axes")}


class GlorotUniform(_Named):
    """Uniform within `±sqrt(6 / (fan_in + fan_out))`; the default of kernels.

    Args:
        seed: Integer, `SeedGenerator` or `None`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Reference: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    scaling = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated normal with standard deviation `sqrt(2 / (fan_in + fan_out))`.

    Args:
        seed: Integer, `SeedGenerator` or `None`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Reference: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    scaling = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """Uniform within `±sqrt(6 / fan_in)`, for layers before a ReLU.

    Args:
        seed: Integer, `SeedGenerator` or `None`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Reference: He et al., "Delving deep into rectifiers", 2015.
    """

    scaling = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated normal with standard deviation `sqrt(2 / fan_in)`, for layers before a ReLU.

    Args:
        seed: Integer, `SeedGenerator` or `None`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Reference: He et al., "Delving deep into rectifiers", 2015.
    """

    scaling = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Uniform within `±sqrt(3 / fan_in)`.

    Args:
        seed: Integer, `SeedGenerator` or `None`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Reference: LeCun et al., "Efficient backprop", 1998.
    """

    scaling = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Truncated normal with standard deviation `sqrt(1 / fan_in)`, for layers before a SELU.

    Args:
        seed: Integer, `SeedGenerator` or `None`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Reference: LeCun et al., "Efficient backprop", 1998; Klambauer et al., "Self-normalizing neural networks", 2017.
    """

    scaling = (1.0, "fan_in", "truncated_normal")


class Orthogonal(RandomInitializer):
    """A matrix with orthonormal columns (rows, if there are fewer of them) times `gain`, uniformly distributed.

    A weight of more than two axes is such a matrix of shape `(product of all but the last, last)`.

    Args:
        gain: Number.
        seed: Integer, `SeedGenerator` or `None`.

    Raises:
        ValueError: When called for fewer than two axes.

    Reference: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear networks", 2014.
    """

    def __init__(self, gain=1.0, seed=None):
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        shape, dtype = standardize(shape, dtype)
        if len(shape) < 2:
            raise ValueError(
                f"Orthogonal gives matrices: the shape needs two lengths or more. Received: shape={shape}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        # Factorized in float64: LAPACK's rounding, which may vary with its threads, vanishes in float32.
        q, r = np.linalg.qr(self._normal((max(rows, columns), min(rows, columns)), "float64", 0, 1))
        # QR leaves the signs open; with those of r's diagonal taken out, q is uniform (Mezzadri, Notices AMS 54, 2007).
        q *= np.where(np.diagonal(r) < 0, -1, 1)
        if rows < columns:
            q = q.T
        return np.ascontiguousarray(self.gain * q.reshape(shape), dtype)

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}


def compute_fans(shape, input_axes=None, output_axes=None):
    """How many inputs a unit has, and how many units an input reaches.

    Args:
        shape: That of the weight: (inputs, outputs) or (window..., inputs, outputs); a vector counts for both.
        input_axes: Axes whose lengths multiply to the first number.
        output_axes: Axes whose lengths multiply to the second one.

    Returns:
        `(fan_in, fan_out)`.
    """
    shape = tuple(map(int, shape))
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return (math.prod(shape),) * 2
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]
