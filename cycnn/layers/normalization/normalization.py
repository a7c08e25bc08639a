"""Normalization: by the statistics of the training data."""

import math

import numpy as np

from cycnn import config, kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.core.variable import Variable
from cycnn.engine.graph import Memory
from cycnn.layers.layer import Layer
from cycnn.ops.layout import Transpose

PIECE = 1 << 20  # numbers of an array that `adapt` converts to float64 at a time


@export("keras.layers")
class Normalization(Layer):
    """y = (x - mean) / sqrt(variance), with a mean and a variance that are given, or that `adapt` finds in data.

    Args:
        axis: integer or tuple: the axes along which mean and variance differ; None: one mean and one variance for all.
        mean, variance: numbers or arrays; None: zeros and ones, until `adapt` has been called.
        invert: whether to do the opposite: y = mean + x * sqrt(variance).

    Input shape:
        Any.

    Output shape:
        The input's.

    Example:

    ```python
    normalize = cycnn.layers.Normalization()
    normalize.adapt(np.array([[0.0], [2.0]]))
    normalize(np.array([[1.0], [3.0]]))  # [[0], [2]]
    ```
    """

    supports_masking = True

    def __init__(self, axis=-1, mean=None, variance=None, invert=False, **kwargs):
        super().__init__(**kwargs)
        axes = () if axis is None else axis if isinstance(axis, (list, tuple)) else (axis,)
        self.axis = tuple(checks.as_integer(each) for each in axes)
        if None in self.axis:
            raise checks.refuse("axis", "an integer, a tuple of integers, or None", axis)
        self.invert = bool(invert)
        if (mean is None) != (variance is None):
            raise ValueError(
                f"`mean` and `variance` must be given both, or none. Received: mean={mean}, variance={variance}."
            )
        self.input_mean, self.input_variance = (
            None if each is None else np.asarray(each, np.float32) for each in (mean, variance)
        )
        if mean is not None and (
            self.input_mean.shape != self.input_variance.shape or self.input_mean.ndim > len(self.axis)
        ):
            raise ValueError(
                "`mean` and `variance` must have the same shape, with at most as many axes as `axis` names. "
                f"Received: shapes {self.input_mean.shape} and {self.input_variance.shape}, axis={self.axis}."
            )
        self._statistics_used = None  # (mean, variance)

    def _kept(self, shape):
        """The axes along which the statistics differ, counted from the sample axis."""
        rank = len(shape)
        kept = sorted({axis % rank for axis in self.axis if -rank <= axis < rank})
        if len(kept) < len(self.axis) or 0 in kept:
            raise ValueError(
                f"Layer {self.name!r} (Normalization): `axis` must be different axes behind the sample axis. "
                f"Received: axis={self.axis} for an input of shape {tuple(shape)}."
            )
        return kept

    def build(self, input_shape):
        lengths = tuple(input_shape[axis] for axis in self._kept(input_shape))
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(lengths, "zeros", name="mean", trainable=False)
            self.adapt_variance = self.add_weight(lengths, "ones", name="variance", trainable=False)
            self.count = self.add_weight((), "zeros", "int32", trainable=False, name="count")
            self._statistics_used = (self.adapt_mean, self.adapt_variance)
        else:
            try:
                given = [np.broadcast_to(each, lengths) for each in (self.input_mean, self.input_variance)]
            except ValueError:
                raise ValueError(
                    f"Layer {self.name!r} (Normalization): `mean` and `variance` must fit the input's axes {self.axis}, of "
                    f"lengths {lengths}. Received: shape {self.input_mean.shape}."
                ) from None
            self._statistics_used = tuple(Variable(each, trainable=False) for each in given)
        self.built = True

    @property
    def mean(self):
        """The mean that is in use, as an array; None before the layer is built."""
        return self._statistics_used and self._statistics_used[0].numpy()

    @property
    def variance(self):
        """The variance that is in use, as an array; None before the layer is built."""
        return self._statistics_used and self._statistics_used[1].numpy()

    def adapt(self, data):
        """Find mean and variance in data.

        Args:
            data: array, or an iterable of batches: arrays, or tuples of which the first is one.

        Raises:
            ValueError: there is nothing in it, or it does not fit; mean and variance were given.
        """
        if self.input_mean is not None:
            raise ValueError(
                f"Layer {self.name!r} (Normalization) has a mean and a variance already, so there is nothing to find. "
                f"Received: mean={checks.short(self.input_mean)}."
            )
        count, mean, m2 = 0, 0.0, 0.0
        for batch in _pieces(data):
            self._build_once((None, *batch.shape[1:]))
            kept = self._kept(batch.shape)
            lengths = tuple(batch.shape[axis] for axis in kept)
            if lengths != self.adapt_mean.shape:
                raise ValueError(
                    f"Layer {self.name!r} (Normalization) was built for axes {self.axis} of lengths "
                    f"{self.adapt_mean.shape}. Received: data of shape {batch.shape}."
                )
            over = tuple(axis for axis in range(batch.ndim) if axis not in kept)
            here = batch.size // math.prod(lengths)
            average = batch.mean(axis=over)
            # Chan, Golub and LeVeque, 1979
            delta, count = average - mean, count + here
            m2 = m2 + batch.var(axis=over) * here + delta**2 * (here * (count - here) / count)
            mean = mean + delta * (here / count)
        if not count:
            raise ValueError("`data` must hold at least one sample. Received: none.")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(m2 / count)

    def call(self, x):
        """The kernel wants the kept axes last."""
        kept = self._kept(x.shape)
        order = [*(axis for axis in range(1, x.ndim) if axis not in kept), *kept]
        back = [order.index(axis) + 1 for axis in range(1, x.ndim)]
        return Transpose(back).record(self.record(Transpose(order).record(x)))

    def memory(self, x):
        mean, _ = self._statistics_used
        if x.sample[len(x.sample) - mean.ndim :] != mean.shape:
            raise ValueError(
                f"Layer {self.name!r} (Normalization) was built for axes {self.axis} of lengths {mean.shape}. "
                f"Received: input of shape {x.shape}."
            )
        return Memory(TensorSpec(x.shape))

    def _emit(self, emit, x, mean, variance, y):
        c = variance.size
        maps = x.view(x.size // c, c), mean, variance, y.view(y.size // c, c)
        emit(kernels.norm.standardize, *maps, self.invert, config.epsilon())

    def forward(self, emit, x, y, work, *, training):
        mean, variance = map(emit.flat, self._statistics_used)
        self._emit(emit, x, mean, variance, y)

    def backward(self, emit, x, y, dy, dx, work):
        if dx:
            self._emit(emit, dy, None, emit.flat(self._statistics_used[1]), dx)

    def get_config(self):
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": None if self.input_mean is None else self.input_mean.tolist(),
            "variance": None if self.input_variance is None else self.input_variance.tolist(),
        }


def _pieces(data):
    """Parts of data as float64 arrays."""
    if isinstance(data, np.ndarray):
        step = max(1, PIECE // max(1, math.prod(data.shape[1:])))
        batches = (data[first : first + step] for first in range(0, len(data), step))
    elif hasattr(data, "__getitem__") and hasattr(data, "__len__"):  # a list of batches, or a `PyDataset`
        batches = (data[k] for k in range(len(data)))
    else:
        try:
            batches = iter(data)
        except TypeError:
            raise TypeError(
                f"`data` must be an array, or an iterable of batches. Received: {checks.short(data)}."
            ) from None
    for batch in batches:
        array = np.asarray(batch[0] if isinstance(batch, tuple) else batch, np.float64)
        if array.size:
            yield array
