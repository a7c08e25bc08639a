"""The area under a curve."""

import numpy as np

from cycnn import config
from cycnn.core import checks
from cycnn.core.registry import deserialize_keras_object
from cycnn.metrics.arrays import divide
from cycnn.metrics.confusion import Thresholds, binary, even_thresholds
from cycnn.metrics.metric import SUMS, Metric, value

_COUNTS = "true_positives", "false_positives", "true_negatives", "false_negatives"


class AUC(Metric):
    """The area under the ROC curve, or under another one, by a sum over thresholds.

    Args:
        num_thresholds: Integer above 1: how many thresholds, evenly spaced from 0 to 1.
        curve: `"ROC"`: true positive rate over false positive rate. `"PR"`: precision over recall. `"PRGAIN"`:
            precision gain over recall gain (Flach and Kull 2015, "Precision-Recall-Gain Curves").
        summation_method: `"interpolation"`: trapezoids; for `"PR"`, true and false positives are interpolated rather
            than the precision (Davis and Goadrich 2006, "The relationship between precision-recall and ROC curves").
            `"minoring"`, `"majoring"`: the lower, the upper side of each interval.
        name: String.
        dtype: String.
        thresholds: List of numbers within [0, 1] in place of evenly spaced ones; the ends are added.
        multi_label: Boolean: whether the last axis of (n, labels) holds labels that have areas of their own, whose
            mean is the result, rather than further samples.
        num_labels: Integer: number of labels, so that the variables exist before the first batch.
        label_weights: Sequence of numbers: the weight of each label.
        from_logits: Boolean: whether predictions still have to go through a sigmoid.

    Example:

    ```python
    >>> cycnn.metrics.AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    0.75
    ```
    """

    _direction = "up"

    def __init__(self, num_thresholds=200, curve="ROC", summation_method="interpolation", name=None, dtype=None,
                 thresholds=None, multi_label=False, num_labels=None, label_weights=None, from_logits=False):  # fmt: skip
        super().__init__(dtype, name)
        self.curve = checks.one_of("curve", curve, ("roc", "pr", "prgain")).upper()
        self.summation_method = checks.one_of(
            "summation_method", summation_method, ("interpolation", "minoring", "majoring")
        )
        self._given = thresholds is not None
        if self._given:
            inner = sorted(checks.number("thresholds", threshold, 0, 1) for threshold in thresholds)
        else:
            if checks.positive_int("num_thresholds", num_thresholds) == 1:
                raise checks.refuse("num_thresholds", "an integer above 1", num_thresholds)
            inner = even_thresholds(num_thresholds)[1:-1]
        # The ends lie outside of [0, 1], so that the first threshold is below, the last above all probabilities.
        self.thresholds = [-config.epsilon(), *inner, 1.0 + config.epsilon()]
        self.num_thresholds = len(self.thresholds)
        self._counter = Thresholds(self.thresholds)
        if num_labels and not multi_label:
            raise ValueError(
                f"`num_labels` belongs to `multi_label=True`. Received: num_labels={num_labels}, multi_label={multi_label}."
            )
        self.multi_label, self.num_labels = bool(multi_label), num_labels
        self.label_weights = None if label_weights is None else np.asarray(label_weights, np.float32)
        self._from_logits = bool(from_logits)
        self._built = False
        if num_labels or not multi_label:
            self._build(num_labels)

    def _build(self, labels):
        shape = (self.num_thresholds, labels) if self.multi_label else (self.num_thresholds,)
        for name in _COUNTS:
            setattr(self, name, self.add_variable(shape, "zeros", dtype=SUMS, name=name))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch.

        Args:
            y_true: Targets (n, ...), 0 or 1.
            y_pred: Predictions (n, ...).
            sample_weight: A number, or one per sample or position.
        """
        y_true, y_pred, weight = binary(y_true, y_pred, sample_weight)
        if self.multi_label and y_pred.ndim != 2:
            raise ValueError(
                f"With `multi_label=True` predictions must have shape (n, labels). Received: y_pred of shape {y_pred.shape}."
            )
        if not self._built:
            self._build(y_pred.shape[1])
        if self._from_logits:
            y_pred = (0.5 + 0.5 * np.tanh(0.5 * y_pred.astype(np.float64))).astype(np.float32)
        if self.label_weights is not None and not self.multi_label:
            weight = np.broadcast_to(self.label_weights, y_pred.shape) * (1.0 if weight is None else weight)
        counts = self._counter.count(y_true, y_pred, weight, by_label=self.multi_label)
        for name in _COUNTS:
            getattr(self, name).assign_add(getattr(counts, name))

    def result(self):
        if not self._built:
            return value(0.0)
        tp, fp, tn, fn = (getattr(self, name).value for name in _COUNTS)
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = _interpolated_precision(tp, fp, fn)
        else:
            x, y = _CURVES[self.curve](tp, fp, tn, fn)
            left, right = y[:-1], y[1:]
            if self.summation_method == "interpolation":
                heights = (left + right) / 2
            else:
                heights = (np.minimum if self.summation_method == "minoring" else np.maximum)(left, right)
            areas = (x[:-1] - x[1:]) * heights
        area = areas.sum(axis=0)
        if not self.multi_label:
            return value(area)
        if self.label_weights is None:
            return value(area.mean())
        return value(divide((area * self.label_weights).sum(), self.label_weights.sum()))

    def get_config(self):
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self._from_logits,
        }
        if self._given:
            config["thresholds"] = self.thresholds[1:-1]
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**{name: deserialize_keras_object(held) for name, held in config.items()})


def _roc(tp, fp, tn, fn):
    return divide(fp, fp + tn), divide(tp, tp + fn)


def _precision_recall(tp, fp, tn, fn):
    return divide(tp, tp + fn), divide(tp, tp + fp)


def _gains(tp, fp, tn, fn):
    """Recall gain 1 - π/(1-π) fn/tp, not below 0, and precision gain 1 - π/(1-π) fp/tp, π the share of positives."""
    odds = divide(tp + fn, tn + fp)
    recall_gain = np.where(tp == 0, 0, 1 - odds * divide(fn, tp))
    return np.maximum(recall_gain, 0), np.where(tp == 0, 1, 1 - odds * divide(fp, tp))


_CURVES = {"ROC": _roc, "PR": _precision_recall, "PRGAIN": _gains}


def _interpolated_precision(tp, fp, fn):
    """Areas under precision over recall, with tp and p = tp + fp linear in each interval [b, a] between thresholds.

    With slope s = (tp_a - tp_b) / (p_a - p_b) and c = tp_b - s p_b, precision is tp / p = s + c / p, and recall grows
    by s dp / positives, so that the area is s (tp_a - tp_b + c log(p_a / p_b)) / positives. Where p_b = 0 the precision
    is constant and the logarithm drops out.
    """
    p = tp + fp
    dtp, dp = tp[:-1] - tp[1:], p[:-1] - p[1:]
    slope = divide(dtp, dp)
    rest = tp[1:] - slope * p[1:]
    ratio = np.where(p[1:] > 0, divide(p[:-1], p[1:]), 1)
    return divide(slope * (dtp + rest * np.log(ratio)), tp[1:] + fn[1:])
