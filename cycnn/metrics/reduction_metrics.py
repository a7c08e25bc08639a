"""Sums and means of values, and of functions of targets and predictions."""

import numpy as np

from cycnn import losses
from cycnn.core.registry import deserialize_keras_object, serialize_keras_object
from cycnn.metrics.arrays import broadcast, same_rank
from cycnn.metrics.metric import SUMS, Metric, value
from cycnn.ops.arrays import numbers


def _one_per_sample(values, sample_weight, reduce):
    """Weighted values and weights, both joined to one number per sample.

    Weights (n, a) beside values (n, a, b): b is reduced first, then a value and a weight each are reduced over a.
    """
    values, weight = same_rank(np.asarray(values, np.float64), np.asarray(sample_weight, np.float64))
    if values.ndim > weight.ndim:
        values = reduce(values, axis=tuple(range(weight.ndim, values.ndim)))
    weight = broadcast(weight, values.shape, sample_weight)
    values = values * weight
    positions = tuple(range(1, weight.ndim))
    return (reduce(values, axis=positions), reduce(weight, axis=positions)) if positions else (values, weight)


class Sum(Metric):
    """The (weighted) sum of values.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.Sum()([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
    4.0
    ```
    """

    def __init__(self, name="sum", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", dtype=SUMS, name="total")

    def update_state(self, values, sample_weight=None):
        """Add values of any shape; `sample_weight` is a number, or has one per sample or position."""
        values = numbers(values, "`values`")
        if sample_weight is not None:
            values, _ = _one_per_sample(values, sample_weight, np.sum)
        self.total.assign_add(values.sum(dtype=np.float64))

    def result(self):
        return value(self.total)


class Mean(Metric):
    """The (weighted) mean of values, each sample counting once (or by its weight).

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.Mean()([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
    2.0
    ```
    """

    def __init__(self, name="mean", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", dtype=SUMS, name="total")
        self.count = self.add_variable((), "zeros", dtype=SUMS, name="count")

    def update_state(self, values, sample_weight=None):
        """Add values (n, ...); `sample_weight` is a number, or has one per sample or position."""
        values = numbers(values, "`values`")
        if sample_weight is None:
            count = len(values) if values.ndim else 1
            total = values.sum(dtype=np.float64) * (count / max(values.size, 1))
        else:
            values, weight = _one_per_sample(values, sample_weight, np.mean)
            count, total = weight.sum(), values.sum()
        self.total._array[...] += total  # in every step: `assign_add` takes ten times as long
        self.count._array[...] += count

    def result(self):
        count = float(self.count)
        return value(float(self.total) / count if count else 0.0)


class MeanMetricWrapper(Mean):
    """The mean of a function of targets and predictions.

    Args:
        fn: Function `(y_true, y_pred, **kwargs)` of arrays that returns one value per sample (and position).
        name: String.
        dtype: String.
        **kwargs: Further arguments of `fn`.

    Example:

    ```python
    def largest_error(y_true, y_pred):
        return ops.max(ops.abs(y_true - y_pred), axis=-1)

    metric = cycnn.metrics.MeanMetricWrapper(largest_error, name="largest_error")
    ```
    """

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name, dtype)
        self._fn, self._fn_kwargs = fn, kwargs
        if isinstance(fn, losses.Loss) or vars(losses).get(getattr(fn, "__name__", None)) is fn:
            self._direction = "down"  # better when smaller, for callbacks that watch it

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add the function's values for a batch.

        Args:
            y_true: Targets (n, ...).
            y_pred: Predictions (n, ...).
            sample_weight: A number, or one per sample or position.
        """
        y_true, y_pred = numbers(y_true, "`y_true`"), numbers(y_pred, "`y_pred`")
        super().update_state(self._fn(y_true, y_pred, **self._fn_kwargs), sample_weight)

    def get_config(self):
        arguments = {"fn": self._fn, **self._fn_kwargs}
        return {**super().get_config(), **{name: serialize_keras_object(held) for name, held in arguments.items()}}

    @classmethod
    def from_config(cls, config):
        return cls(**(deserialize_keras_object(config) if "fn" in config else config))


class MeanOfFunction(MeanMetricWrapper):
    """Base of the means of this package's own functions: the class says which function, its config only the arguments."""

    def get_config(self):
        return {**Mean.get_config(self), **self._fn_kwargs}
