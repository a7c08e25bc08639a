"""How far predictions are from targets."""

import warnings

import numpy as np

from cycnn import config, losses
from cycnn.core import checks
from cycnn.metrics.arrays import floats, spread
from cycnn.metrics.metric import SUMS, Metric, value
from cycnn.metrics.reduction_metrics import Mean, MeanOfFunction


def cosine_similarity(y_true, y_pred, axis=-1):
    """The cosine of the angle between targets and predictions: t·p / (|t| |p|), and 0 where one of them is 0.

    The metric is better when larger; the loss of the same name is its negative.

    Args:
        y_true: Targets (n, ...).
        y_pred: Predictions (n, ...).
        axis: Integer: the axis of the vectors.

    Returns:
        float32 array without the axis.
    """
    y_true, y_pred = floats(y_true, y_pred)
    lengths = (np.maximum(np.linalg.norm(vectors, axis=axis), config.epsilon()) for vectors in (y_true, y_pred))
    return ((y_true * y_pred).sum(axis) / np.prod([*lengths], axis=0)).astype(np.float32)


class MeanSquaredError(MeanOfFunction):
    """The mean of (p - t)².

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.MeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
    0.25
    ```
    """

    _direction = "down"

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(losses.mean_squared_error, name, dtype)


class RootMeanSquaredError(Mean):
    """The square root of the mean of (p - t)².

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.RootMeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
    0.5
    ```
    """

    _direction = "down"

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch: targets and predictions (n, ...); a weight, or one per sample or position."""
        y_true, y_pred = floats(y_true, y_pred)
        super().update_state((y_pred - y_true) ** 2, sample_weight)

    def result(self):
        return value(np.sqrt(super().result()))


class MeanAbsoluteError(MeanOfFunction):
    """The mean of |p - t|.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.MeanAbsoluteError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
    0.25
    ```
    """

    _direction = "down"

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(losses.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanOfFunction):
    """The mean of 100 |t - p| / |t|.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.MeanAbsolutePercentageError()([[1, 2], [4, 5]], [[2, 2], [4, 10]])
    50.0
    ```
    """

    _direction = "down"

    def __init__(self, name="mean_absolute_percentage_error", dtype=None):
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanOfFunction):
    """The mean of (log(t + 1) - log(p + 1))².

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> round(cycnn.metrics.MeanSquaredLogarithmicError()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 5)
    0.12011
    ```
    """

    _direction = "down"

    def __init__(self, name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanOfFunction):
    """The mean of log(cosh(p - t)).

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> round(cycnn.metrics.LogCoshError()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 5)
    0.10845
    ```
    """

    _direction = "down"

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(losses.log_cosh, name, dtype)


class CosineSimilarity(MeanOfFunction):
    """The mean of the cosine of the angle between targets and predictions: t·p / (|t| |p|).

    Args:
        name: String.
        dtype: String.
        axis: Integer: the axis of the vectors.

    Example:

    ```python
    >>> cycnn.metrics.CosineSimilarity()([[0, 1], [1, 1]], [[1, 0], [1, 1]])
    0.5
    ```
    """

    _direction = "up"

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)
        self.axis = axis

    def get_config(self):
        config = super().get_config()
        if self.axis == -1:  # Keras does not write it at all, but reads it
            del config["axis"]
        return config


class R2Score(Metric):
    """The coefficient of determination of each output: 1 - Σ(t - p)² / Σ(t - mean(t))².

    1 is perfect, 0 is as good as the mean of the targets, and there is no lower bound.

    Args:
        class_aggregation: How to join the outputs: `None`: not at all; `"uniform_average"`: the mean;
            `"variance_weighted_average"`: the mean, weighted by the variance of the targets.
        num_regressors: Integer: number r of independent regressors, for the adjusted score
            1 - (1 - R²) (m - 1) / (m - r - 1), m the number of targets.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> round(cycnn.metrics.R2Score()([[1], [4], [3]], [[2], [4], [4]]), 5)
    0.57143
    ```
    """

    _direction = "up"

    def __init__(self, class_aggregation="uniform_average", num_regressors=0, name="r2_score", dtype=None):
        super().__init__(dtype, name)
        known = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in known:
            raise ValueError(
                f"`class_aggregation` must be one of {known}. Received: class_aggregation={class_aggregation!r}."
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = checks.non_negative_int("num_regressors", num_regressors)
        self.num_samples = self._sum((), "num_samples")
        self._built = False

    def _sum(self, shape, name):
        return self.add_variable(shape, "zeros", dtype=SUMS, name=name)

    def _build(self, outputs):
        self.squared_sum = self._sum((outputs,), "squared_sum")
        self.sum = self._sum((outputs,), "sum")
        self.total_mse = self._sum((outputs,), "residual")
        self.count = self._sum((outputs,), "count")
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch: targets and predictions (n, outputs); a weight, or one per sample or output."""
        y_true, y_pred = floats(y_true, y_pred)
        if y_pred.ndim != 2:
            raise ValueError(
                f"R2Score needs targets and predictions of shape (n, outputs). Received: shape {y_pred.shape}."
            )
        if not self._built:
            self._build(y_pred.shape[1])
        weight = spread(1.0 if sample_weight is None else sample_weight, y_pred.shape)
        self.sum.assign_add((y_true * weight).sum(axis=0))
        self.squared_sum.assign_add((y_true**2 * weight).sum(axis=0))
        self.total_mse.assign_add(((y_true - y_pred) ** 2 * weight).sum(axis=0))
        self.count.assign_add(weight.sum(axis=0))
        self.num_samples.assign_add(y_true.size)

    def result(self):
        if not self._built:
            return value(0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            total = self.squared_sum - self.sum**2 / self.count
            scores = 1 - self.total_mse / total
        scores[np.isinf(scores)] = 0
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation == "variance_weighted_average":
            scores = (total * scores).sum() / total.sum()
        if self.num_regressors:
            samples, free = float(self.num_samples), float(self.num_samples) - self.num_regressors - 1
            if free > 0:
                scores = 1 - (1 - scores) * (samples - 1) / free
            else:
                warnings.warn(
                    "The adjusted R² needs more targets than regressors + 1; this is the plain one. "
                    f"Received: {samples:g} targets and num_regressors={self.num_regressors}.",
                    stacklevel=2,
                )
        return value(scores)

    def get_config(self):
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
