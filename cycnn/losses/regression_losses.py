"""Losses of numbers: how far predictions are from their targets."""

import math

from cycnn import config, ops
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.losses.base_loss import floats, same_rank
from cycnn.losses.kernel_loss import PointwiseLoss, RowwiseLoss, axis_number


@export("keras.losses")
def mean_squared_error(y_true, y_pred):
    """The mean of (y_pred - y_true)² over the last axis.

    Args:
        y_true, y_pred: arrays or tensors of one shape; a last axis of length 1 may be missing in one of them.

    Returns:
        An array of the shape of `y_pred` without the last axis; of a tensor, a tensor.
    """
    y_true, y_pred = same_rank(*floats(y_true, y_pred))
    return ops.mean(ops.square(ops.subtract(y_pred, y_true)), axis=-1)


@export("keras.losses")
def mean_absolute_error(y_true, y_pred):
    """The mean of |y_pred - y_true| over the last axis. Arguments and result as in `mean_squared_error`."""
    y_true, y_pred = same_rank(*floats(y_true, y_pred))
    return ops.mean(ops.abs(ops.subtract(y_pred, y_true)), axis=-1)


@export("keras.losses")
def mean_absolute_percentage_error(y_true, y_pred):
    """100 times the mean of |y_pred - y_true| / |y_true| over the last axis.

    A target smaller than `config.epsilon()` counts as that. Arguments and result as in `mean_squared_error`.
    """
    y_true, y_pred = same_rank(*floats(y_true, y_pred))
    size = ops.maximum(ops.abs(y_true), config.epsilon())
    return ops.multiply(100.0, ops.mean(ops.abs(ops.divide(ops.subtract(y_pred, y_true), size)), axis=-1))


@export("keras.losses")
def mean_squared_logarithmic_error(y_true, y_pred):
    """The mean of (log(1 + y_pred) - log(1 + y_true))² over the last axis.

    What is smaller than `config.epsilon()` counts as that. Arguments and result as in `mean_squared_error`.
    """
    y_true, y_pred = same_rank(*floats(y_true, y_pred))
    logs = (ops.log(ops.add(ops.maximum(y, config.epsilon()), 1.0)) for y in (y_pred, y_true))
    return ops.mean(ops.square(ops.subtract(*logs)), axis=-1)


@export("keras.losses")
def huber(y_true, y_pred, delta=1.0):
    """The mean over the last axis of e² / 2 where |e| <= delta, delta·|e| - delta² / 2 beyond; e = y_pred - y_true.

    Arguments and result as in `mean_squared_error`.

    Reference:
        Huber, Robust estimation of a location parameter, 1964.
    """
    y_true, y_pred = same_rank(*floats(y_true, y_pred))
    error = ops.subtract(y_pred, y_true)
    size = ops.abs(error)
    near = ops.multiply(0.5, ops.square(error))
    far = ops.subtract(ops.multiply(float(delta), size), 0.5 * float(delta) ** 2)
    return ops.mean(ops.where(ops.less_equal(size, float(delta)), near, far), axis=-1)


@export("keras.losses")
def log_cosh(y_true, y_pred):
    """The mean of log(cosh(y_pred - y_true)) over the last axis. Arguments and result as in `mean_squared_error`."""
    y_true, y_pred = same_rank(*floats(y_true, y_pred))
    error = ops.subtract(y_pred, y_true)
    tail = ops.subtract(ops.softplus(ops.multiply(-2.0, error)), math.log(2.0))
    return ops.mean(ops.add(error, tail), axis=-1)


@export("keras.losses")
def cosine_similarity(y_true, y_pred, axis=-1):
    """- cosine of the angle between targets and predictions: -1 where they point the same way.

    Args:
        y_true, y_pred: arrays or tensors of one shape.
        axis: the axis of a vector's elements, which the result lacks.
    """
    y_true, y_pred = same_rank(*floats(y_true, y_pred))
    product = ops.multiply(ops.normalize(y_true, axis=axis), ops.normalize(y_pred, axis=axis))
    return ops.negative(ops.sum(product, axis=axis))


class MeanSquaredError(PointwiseLoss):
    """The mean of (y_pred - y_true)² over the last axis.

    Args:
        reduction, name, dtype: as in `Loss`.
    """

    kind = "squared"

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(PointwiseLoss):
    """The mean of |y_pred - y_true| over the last axis.

    Args:
        reduction, name, dtype: as in `Loss`.
    """

    kind = "absolute"

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(mean_absolute_error, reduction, name, dtype)


class MeanAbsolutePercentageError(PointwiseLoss):
    """100 times the mean of |y_pred - y_true| / |y_true| over the last axis.

    Args:
        reduction, name, dtype: as in `Loss`.
    """

    kind = "percentage"

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_percentage_error", dtype=None):
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(PointwiseLoss):
    """The mean of (log(1 + y_pred) - log(1 + y_true))² over the last axis.

    Args:
        reduction, name, dtype: as in `Loss`.
    """

    kind = "logarithmic"

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


class Huber(PointwiseLoss):
    """The mean over the last axis of e² / 2 where |e| <= delta, delta·|e| - delta² / 2 beyond; e = y_pred - y_true.

    Args:
        delta: the error from which on the loss is linear.
        reduction, name, dtype: as in `Loss`.

    Reference:
        Huber, Robust estimation of a location parameter, 1964.
    """

    kind = "huber"

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        self.delta = checks.number("delta", delta)
        super().__init__(huber, reduction, name, dtype, delta=self.delta)

    def parameters(self):
        return self.delta, 0.0, 0.0

    def get_config(self):
        config = super().get_config()
        return config if self.delta == 1 else {**config, "delta": self.delta}  # Keras writes none at all


class LogCosh(PointwiseLoss):
    """The mean of log(cosh(y_pred - y_true)) over the last axis: e² / 2 for small errors e, |e| - log 2 for large ones.

    Args:
        reduction, name, dtype: as in `Loss`.
    """

    kind = "log_cosh"

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(log_cosh, reduction, name, dtype)


class CosineSimilarity(RowwiseLoss):
    """- cosine of the angle between targets and predictions: -1 where they point the same way.

    Args:
        axis: the axis of a vector's elements.
        reduction, name, dtype: as in `Loss`.
    """

    kind = "cosine_similarity"

    def __init__(self, axis=-1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None):
        self.axis = axis_number(axis)
        super().__init__(cosine_similarity, reduction, name, dtype, axis=self.axis)
        self.has_kernel = self.axis == -1

    def get_config(self):
        config = super().get_config()
        return config if self.axis == -1 else {**config, "axis": self.axis}  # Keras writes none at all
