"""Losses of margins: what is right by more than the margin costs nothing."""

from cycnn import kernels, ops
from cycnn.core.registry import export
from cycnn.losses.base_loss import floats
from cycnn.losses.kernel_loss import PointwiseLoss, RowwiseLoss


def _signs(y_true):
    """Targets -1 and 1 for 0 and 1; targets that hold anything else stay."""
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return ops.where(binary, ops.subtract(ops.multiply(2.0, y_true), 1.0), y_true)


def _margins(y_true, y_pred):
    y_true, y_pred = floats(y_true, y_pred)
    return ops.maximum(ops.subtract(1.0, ops.multiply(_signs(y_true), y_pred)), 0.0)


@export("keras.losses")
def hinge(y_true, y_pred):
    """The mean of max(1 - y_true·y_pred, 0) over the last axis.

    Args:
        y_true: array of -1 and 1; one of 0 and 1 is understood.
        y_pred: array or tensor of the same shape.

    Returns:
        An array of the shape of `y_pred` without the last axis; of a tensor, a tensor.
    """
    return ops.mean(_margins(y_true, y_pred), axis=-1)


@export("keras.losses")
def squared_hinge(y_true, y_pred):
    """The mean of max(1 - y_true·y_pred, 0)² over the last axis. Arguments and result as in `hinge`."""
    return ops.mean(ops.square(_margins(y_true, y_pred)), axis=-1)


@export("keras.losses")
def categorical_hinge(y_true, y_pred):
    """max(1 + max (1 - y_true)·y_pred - Σ y_true·y_pred, 0) over the last axis, for one-hot targets.

    Args:
        y_true: array of 0 and 1.
        y_pred: array or tensor of the same shape.
    """
    y_true, y_pred = floats(y_true, y_pred)
    right = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    wrong = ops.max(ops.multiply(ops.subtract(1.0, y_true), y_pred), axis=-1)
    return ops.maximum(ops.add(ops.subtract(wrong, right), 1.0), 0.0)


class _SignedLoss(PointwiseLoss):
    """A loss of targets -1 and 1. Whether 0 and 1 stand for them, only the whole batch can tell."""

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        emit.whole(kernels.loss.signs, target)
        super().emit(emit, x, y, target, weight, scale, value, dx)


class Hinge(_SignedLoss):
    """The mean of max(1 - y_true·y_pred, 0) over the last axis, for targets -1 and 1.

    A batch whose targets are all 0 or 1 is understood as -1 and 1.

    Args:
        reduction, name, dtype: as in `Loss`.
    """

    kind = "hinge"

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype=None):
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(_SignedLoss):
    """The mean of max(1 - y_true·y_pred, 0)² over the last axis, for targets as in `Hinge`.

    Args:
        reduction, name, dtype: as in `Loss`.
    """

    kind = "squared_hinge"

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype=None):
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(RowwiseLoss):
    """max(1 + max (1 - y_true)·y_pred - Σ y_true·y_pred, 0) over the last axis, for one-hot targets.

    Args:
        reduction, name, dtype: as in `Loss`.
    """

    kind = "categorical_hinge"

    def __init__(self, reduction="sum_over_batch_size", name="categorical_hinge", dtype=None):
        super().__init__(categorical_hinge, reduction, name, dtype)
