"""Losses between distributions."""

from cycnn import config, ops
from cycnn.core.registry import export
from cycnn.losses.base_loss import floats
from cycnn.losses.kernel_loss import PointwiseLoss


@export("keras.losses")
def kl_divergence(y_true, y_pred):
    """Σ y_true·log(y_true / y_pred) over the last axis, both held within `config.epsilon()` and 1.

    Args:
        y_true: array of probabilities.
        y_pred: array or tensor of the same shape.

    Returns:
        An array of the shape of `y_pred` without the last axis; of a tensor, a tensor.

    Reference:
        Kullback and Leibler, On information and sufficiency, 1951.
    """
    y_true, y_pred = (ops.clip(y, config.epsilon(), 1.0) for y in floats(y_true, y_pred))
    return ops.sum(ops.multiply(y_true, ops.log(ops.divide(y_true, y_pred))), axis=-1)


@export("keras.losses")
def poisson(y_true, y_pred):
    """The mean of y_pred - y_true·log(y_pred) over the last axis: counts, and their expected values.

    Args:
        y_true: array of counts.
        y_pred: array or tensor of the same shape.

    Returns:
        An array of the shape of `y_pred` without the last axis; of a tensor, a tensor.
    """
    y_true, y_pred = floats(y_true, y_pred)
    logs = ops.log(ops.add(y_pred, config.epsilon()))
    return ops.mean(ops.subtract(y_pred, ops.multiply(y_true, logs)), axis=-1)


class KLDivergence(PointwiseLoss):
    """Σ y_true·log(y_true / y_pred) over the last axis.

    Args:
        reduction, name, dtype: as in `Loss`.

    Reference:
        Kullback and Leibler, On information and sufficiency, 1951.
    """

    kind = "kl_divergence"

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, reduction, name, dtype)


class Poisson(PointwiseLoss):
    """The mean of y_pred - y_true·log(y_pred) over the last axis: counts, and their expected values.

    Args:
        reduction, name, dtype: as in `Loss`.
    """

    kind = "poisson"

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(poisson, reduction, name, dtype)
