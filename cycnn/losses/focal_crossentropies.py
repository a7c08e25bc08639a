"""Focal cross-entropies: what is predicted well already counts little.

Reference:
    Lin et al., Focal loss for dense object detection, 2017. https://arxiv.org/abs/1708.02002
"""

from cycnn import config, ops
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.losses.base_loss import floats
from cycnn.losses.crossentropies import hint_of_labels, smoothed, warn_of_one_class
from cycnn.losses.kernel_loss import PointwiseLoss, RowwiseLoss, axis_number


@export("keras.losses")
def binary_focal_crossentropy(
    y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """The mean of r^gamma times the binary cross-entropy over an axis; r = |y_true - y_pred| for targets 0 and 1.

    Args:
        y_true: array of numbers from 0 to 1.
        y_pred: array or tensor of probabilities of the same shape.
        apply_class_balancing: whether targets 1 count alpha times, targets 0 1 - alpha times.
        alpha: number.
        gamma: number; with 0 all predictions count the same.
        from_logits, label_smoothing, axis: as in `binary_crossentropy`.
    """
    y_true, y_pred = floats(y_true, y_pred)
    y_true = smoothed(y_true, label_smoothing, 2)
    y_pred = ops.sigmoid(y_pred) if from_logits else y_pred
    other = ops.subtract(1.0, y_true)
    wrong = ops.add(ops.multiply(y_true, ops.subtract(1.0, y_pred)), ops.multiply(other, y_pred))
    values = ops.multiply(ops.power(wrong, float(gamma)), ops.binary_crossentropy(y_true, y_pred))
    if apply_class_balancing:
        values = ops.multiply(ops.add(ops.multiply(y_true, alpha), ops.multiply(other, 1.0 - alpha)), values)
    return ops.mean(values, axis=axis_number(axis))


@export("keras.losses")
def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """-Σ alpha·(1 - y_pred)^gamma·y_true·log(y_pred) over the classes.

    Args:
        y_true: array of targets, one-hot or probabilities.
        y_pred: array or tensor of probabilities of the same shape.
        alpha: number, or a list of one for each class.
        gamma: number; with 0 all predictions count the same.
        from_logits, label_smoothing, axis: as in `categorical_crossentropy`.
    """
    y_true, y_pred = floats(y_true, y_pred)
    axis = axis_number(axis)
    warn_of_one_class(ops.shape(y_pred), "categorical_focal_crossentropy")
    y_true = smoothed(y_true, label_smoothing)
    y_pred = ops.softmax(y_pred, axis=axis) if from_logits else y_pred
    p = ops.divide(y_pred, ops.sum(y_pred, axis=axis, keepdims=True))
    p = ops.clip(p, config.epsilon(), 1.0 - config.epsilon())
    entropy = ops.multiply(y_true, ops.negative(ops.log(p)))
    return ops.sum(ops.multiply(ops.multiply(ops.power(ops.subtract(1.0, p), float(gamma)), alpha), entropy), axis=axis)


class BinaryFocalCrossentropy(PointwiseLoss):
    """The mean of r^gamma times the binary cross-entropy over the last axis; r = |y_true - y_pred| for targets 0 and 1.

    Args:
        apply_class_balancing: whether targets 1 count alpha times, targets 0 1 - alpha times.
        alpha: number between 0 and 1.
        gamma: number; with 0 all predictions count the same.
        from_logits: whether outputs are what goes into a sigmoid rather than what comes out.
        label_smoothing: share of each target that is moved to one half.
        axis: the axis of the mean.
        reduction, name, dtype: as in `Loss`.

    Reference:
        Lin et al., Focal loss for dense object detection, 2017. https://arxiv.org/abs/1708.02002
    """

    def __init__(self, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1,
                 reduction="sum_over_batch_size", name="binary_focal_crossentropy", dtype=None):  # fmt: skip
        self.apply_class_balancing = bool(apply_class_balancing)
        self.alpha, self.gamma = checks.number("alpha", alpha), checks.number("gamma", gamma)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number("label_smoothing", label_smoothing, 0, 1)
        self.axis = axis_number(axis)
        super().__init__(binary_focal_crossentropy, reduction, name, dtype, **self._arguments())
        self.has_kernel = self.axis == -1

    def _arguments(self):
        return {
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
            "apply_class_balancing": self.apply_class_balancing,
            "alpha": self.alpha,
            "gamma": self.gamma,
        }

    @property
    def kind(self):
        return "binary_focal_logits" if self.from_logits else "binary_focal"

    def parameters(self):
        return (self.gamma, 1 - self.alpha, self.alpha) if self.apply_class_balancing else (self.gamma, 1.0, 1.0)

    def get_config(self):
        return {**super().get_config(), **self._arguments()}


class CategoricalFocalCrossentropy(RowwiseLoss):
    """-Σ alpha·(1 - y_pred)^gamma·y_true·log(y_pred) over the classes, for targets that are one-hot or probabilities.

    Args:
        alpha: number, or a list of one for each class.
        gamma: number; with 0 all predictions count the same.
        from_logits: whether outputs are what goes into a softmax rather than what comes out.
        label_smoothing: share of each target that is spread over all classes.
        axis: where the classes are.
        reduction, name, dtype: as in `Loss`.

    Reference:
        Lin et al., Focal loss for dense object detection, 2017. https://arxiv.org/abs/1708.02002
    """

    def __init__(self, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1,
                 reduction="sum_over_batch_size", name="categorical_focal_crossentropy", dtype=None):  # fmt: skip
        several = isinstance(alpha, (list, tuple))
        self.alpha = [checks.number("alpha", one) for one in alpha] if several else checks.number("alpha", alpha)
        self.gamma = checks.number("gamma", gamma)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number("label_smoothing", label_smoothing, 0, 1)
        self.axis = axis_number(axis)
        super().__init__(categorical_focal_crossentropy, reduction, name, dtype, **self._arguments())
        self.has_kernel = self.axis == -1 and not several

    def _arguments(self):
        return {
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
            "alpha": self.alpha,
            "gamma": self.gamma,
        }

    @property
    def kind(self):
        return "categorical_focal_logits" if self.from_logits else "categorical_focal"

    def parameters(self):
        return self.gamma, self.alpha

    def match(self, y, sample):
        warn_of_one_class(sample, self.name)
        return super().match(y, sample)

    def mismatch(self, y, sample):
        return hint_of_labels(self, y, sample) or super().mismatch(y, sample)

    def get_config(self):
        return {**super().get_config(), **self._arguments()}
