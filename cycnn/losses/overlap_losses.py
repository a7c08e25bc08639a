"""Losses of masks: how much of two regions is not common to both. They look at all positions together."""

from cycnn import config, ops
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.losses.base_loss import Loss, LossFunctionWrapper, floats


@export("keras.losses")
def dice(y_true, y_pred, axis=None):
    """1 - 2·Σ y_true·y_pred / (Σ y_true + Σ y_pred): 0 for regions that are the same, 1 for disjoint ones.

    Args:
        y_true: array of 0 and 1.
        y_pred: array or tensor of the same shape.
        axis: the axes that are summed over; all, where it is None, so that the result is one number.
    """
    y_true, y_pred = floats(y_true, y_pred)
    both = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    each = ops.add(ops.add(ops.sum(y_true, axis=axis), ops.sum(y_pred, axis=axis)), config.epsilon())
    return ops.subtract(1.0, ops.divide(ops.multiply(2.0, both), each))


@export("keras.losses")
def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """1 - Σ y_true·y_pred / (Σ y_true·y_pred + alpha·Σ y_true·(1 - y_pred) + beta·Σ (1 - y_true)·y_pred).

    Args:
        y_true: array of 0 and 1.
        y_pred: array or tensor of the same shape.
        alpha: what a missed position counts for.
        beta: what a position too many counts for.
        axis: the axes that are summed over; all, where it is None, so that the result is one number.
    """
    y_true, y_pred = floats(y_true, y_pred)
    both = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    missed = ops.sum(ops.multiply(y_true, ops.subtract(1.0, y_pred)), axis=axis)
    extra = ops.sum(ops.multiply(ops.subtract(1.0, y_true), y_pred), axis=axis)
    wrong = ops.add(ops.multiply(float(alpha), missed), ops.multiply(float(beta), extra))
    return ops.subtract(1.0, ops.divide(both, ops.add(ops.add(both, wrong), config.epsilon())))


def _axes(axis):
    """None, an integer, or a tuple of them."""
    if isinstance(axis, (list, tuple)):
        return tuple(_axes(one) for one in axis)
    if axis is not None and checks.as_integer(axis) is None:
        raise checks.refuse("axis", "an integer, a tuple of integers or None", axis)
    return axis


class Dice(LossFunctionWrapper):
    """1 - 2·Σ y_true·y_pred / (Σ y_true + Σ y_pred): 0 for regions that are the same, 1 for disjoint ones.

    Args:
        reduction, name, dtype: as in `Loss`.
        axis: the axes that are summed over, the samples' axis 0 among them; all, where it is None.

    Example:

    ```python
    model.compile("adam", loss=cycnn.losses.Dice(axis=(1, 2, 3)))   # one value for each sample's mask
    ```
    """

    def __init__(self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None):
        self.axis = _axes(axis)
        super().__init__(dice, reduction, name, dtype, axis=self.axis)

    def get_config(self):
        return {**Loss.get_config(self), "axis": self.axis}


class Tversky(LossFunctionWrapper):
    """1 - Σ y_true·y_pred / (Σ y_true·y_pred + alpha·Σ y_true·(1 - y_pred) + beta·Σ (1 - y_true)·y_pred).

    Args:
        alpha: what a missed position counts for.
        beta: what a position too many counts for. With one half each, the loss is `Dice`.
        reduction, name, dtype: as in `Loss`.
        axis: the axes that are summed over, the samples' axis 0 among them; all, where it is None.

    Reference:
        Salehi et al., Tversky loss function for image segmentation, 2017. https://arxiv.org/abs/1706.05721
    """

    def __init__(self, alpha=0.5, beta=0.5, reduction="sum_over_batch_size", name="tversky", axis=None, dtype=None):
        self.alpha, self.beta, self.axis = checks.number("alpha", alpha), checks.number("beta", beta), _axes(axis)
        super().__init__(tversky, reduction, name, dtype, alpha=self.alpha, beta=self.beta, axis=self.axis)

    def get_config(self):
        return {**Loss.get_config(self), "alpha": self.alpha, "beta": self.beta, "axis": self.axis}
