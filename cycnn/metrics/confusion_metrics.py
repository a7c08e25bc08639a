"""Counts of right and wrong decisions, and their ratios."""

import numpy as np

from cycnn.core import checks
from cycnn.metrics.arrays import divide
from cycnn.metrics.confusion import Thresholds, binary, even_thresholds, parse_thresholds
from cycnn.metrics.metric import SUMS, Metric, value


class ConfusionMetric(Metric):
    """Base of the metrics that count at thresholds.

    Args:
        thresholds: List of numbers.
        counted: Names of the `Counts` to keep, each in a variable of that name.
        name: String.
        dtype: String.
    """

    top_k = class_id = None

    def __init__(self, thresholds, counted, name=None, dtype=None):
        super().__init__(dtype, name)
        self.thresholds = thresholds
        self._counter = Thresholds(thresholds)
        self._counted = counted
        for count in counted:
            setattr(self, count, self._add_count(count))

    def _add_count(self, name):
        return self.add_variable((len(self.thresholds),), "zeros", dtype=SUMS, name=name)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch.

        Args:
            y_true: Targets (n, ...); what is not 0 is 1.
            y_pred: Predictions (n, ...).
            sample_weight: A number, or one per sample or position.
        """
        counts = self._counter.count(*binary(y_true, y_pred, sample_weight, self.class_id, self.top_k))
        for name in self._counted:
            getattr(self, name).assign_add(getattr(counts, name))

    def _one_or_all(self, result):
        return value(result[0] if len(self.thresholds) == 1 else result)


class _Count(ConfusionMetric):
    """Base of the four counts."""

    _kind = ""

    def __init__(self, thresholds=None, name=None, dtype=None):
        self.init_thresholds = thresholds
        super().__init__(parse_thresholds(thresholds), (self._kind,), name, dtype)

    def _add_count(self, name):
        self.accumulator = super()._add_count("accumulator")
        return self.accumulator

    def result(self):
        return self._one_or_all(self.accumulator)

    def get_config(self):
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """The number (or the weight) of positive predictions for positive targets.

    Args:
        thresholds: Number within [0, 1], or several: a prediction above it is positive; 0.5 by default.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.TruePositives()([0, 1, 1, 1], [1, 0, 1, 1])
    2.0
    ```
    """

    _kind = "true_positives"


class TrueNegatives(_Count):
    """The number (or the weight) of negative predictions for negative targets.

    Args:
        thresholds: Number within [0, 1], or several: a prediction above it is positive; 0.5 by default.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0])
    2.0
    ```
    """

    _kind = "true_negatives"


class FalsePositives(_Count):
    """The number (or the weight) of positive predictions for negative targets.

    Args:
        thresholds: Number within [0, 1], or several: a prediction above it is positive; 0.5 by default.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1])
    2.0
    ```
    """

    _kind = "false_positives"


class FalseNegatives(_Count):
    """The number (or the weight) of negative predictions for positive targets.

    Args:
        thresholds: Number within [0, 1], or several: a prediction above it is positive; 0.5 by default.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0])
    2.0
    ```
    """

    _kind = "false_negatives"


class _Rate(ConfusionMetric):
    """Base of precision and recall: true positives, of these and their counterpart."""

    _direction = "up"
    _others = ""

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        self.init_thresholds = thresholds
        self.top_k = None if top_k is None else checks.positive_int("top_k", top_k)
        self.class_id = None if class_id is None else checks.non_negative_int("class_id", class_id)
        # Of the k best, all are positive; the others are -inf, see `binary`.
        default = 0.5 if top_k is None else -np.inf
        super().__init__(parse_thresholds(thresholds, default), ("true_positives", self._others), name, dtype)

    def result(self):
        found, others = self.true_positives.value, getattr(self, self._others).value
        return self._one_or_all(divide(found, found + others))

    def get_config(self):
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class Precision(_Rate):
    """How many positive predictions are right: TP / (TP + FP), and 0 where there are none.

    Args:
        thresholds: Number within [0, 1], or several: a prediction above it is positive; 0.5 by default, or none where
            `top_k` is given. Use 0 for logits.
        top_k: Integer: only the `top_k` largest predictions of a sample are positive.
        class_id: Integer: count this class (the last axis) only.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.Precision()([0, 1, 1, 1], [1, 0, 1, 1])
    0.6666666666666666
    ```
    """

    _others = "false_positives"


class Recall(_Rate):
    """How many positive targets are found: TP / (TP + FN), and 0 where there are none.

    Args:
        thresholds: Number within [0, 1], or several: a prediction above it is positive; 0.5 by default, or none where
            `top_k` is given. Use 0 for logits.
        top_k: Integer: only the `top_k` largest predictions of a sample are positive.
        class_id: Integer: count this class (the last axis) only.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.Recall()([0, 1, 1, 1], [1, 0, 1, 1])
    0.6666666666666666
    ```
    """

    _others = "false_negatives"


class _BestUnder(ConfusionMetric):
    """Base of "the best of one rate over the thresholds where another is at least so high"."""

    _direction = "up"
    _bounded = ""

    def __init__(self, bound, num_thresholds, class_id, name, dtype):
        bound = checks.number(self._bounded, bound, 0, 1)
        setattr(self, self._bounded, bound)
        self.num_thresholds = checks.positive_int("num_thresholds", num_thresholds)
        self.class_id = None if class_id is None else checks.non_negative_int("class_id", class_id)
        super().__init__([0.5] if num_thresholds == 1 else even_thresholds(num_thresholds),
                         ("true_positives", "false_positives", "true_negatives", "false_negatives"), name, dtype)  # fmt: skip

    def _precision(self):
        return divide(self.true_positives.value, self.true_positives + self.false_positives)

    def _recall(self):
        return divide(self.true_positives.value, self.true_positives + self.false_negatives)

    def _specificity(self):
        return divide(self.true_negatives.value, self.true_negatives + self.false_positives)

    def _best(self, rate, bounded):
        # In float32, as bounds like 0.8 are meant: the nearest number to 4 / 5.
        reached = bounded.astype(np.float32) >= np.float32(getattr(self, self._bounded))
        return value(rate[reached].max(initial=0.0))

    def get_config(self):
        return {
            **super().get_config(),
            "class_id": self.class_id,
            "num_thresholds": self.num_thresholds,
            self._bounded: getattr(self, self._bounded),
        }


class SensitivityAtSpecificity(_BestUnder):
    """The best sensitivity, TP / (TP + FN), where the specificity, TN / (TN + FP), is at least `specificity`.

    Args:
        specificity: Number within [0, 1].
        num_thresholds: Integer: how many thresholds, evenly spaced from 0 to 1, to try.
        class_id: Integer: count this class (the last axis) only.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    0.5
    ```
    """

    _bounded = "specificity"

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._recall(), self._specificity())


class SpecificityAtSensitivity(_BestUnder):
    """The best specificity, TN / (TN + FP), where the sensitivity, TP / (TP + FN), is at least `sensitivity`.

    Args:
        sensitivity: Number within [0, 1].
        num_thresholds: Integer: how many thresholds, evenly spaced from 0 to 1, to try.
        class_id: Integer: count this class (the last axis) only.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    0.6666666666666666
    ```
    """

    _bounded = "sensitivity"

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._specificity(), self._recall())


class PrecisionAtRecall(_BestUnder):
    """The best precision, TP / (TP + FP), where the recall, TP / (TP + FN), is at least `recall`.

    Args:
        recall: Number within [0, 1].
        num_thresholds: Integer: how many thresholds, evenly spaced from 0 to 1, to try.
        class_id: Integer: count this class (the last axis) only.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    0.5
    ```
    """

    _bounded = "recall"

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._precision(), self._recall())


class RecallAtPrecision(_BestUnder):
    """The best recall, TP / (TP + FN), where the precision, TP / (TP + FP), is at least `precision`.

    Args:
        precision: Number within [0, 1].
        num_thresholds: Integer: how many thresholds, evenly spaced from 0 to 1, to try.
        class_id: Integer: count this class (the last axis) only.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    0.5
    ```
    """

    _bounded = "precision"

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._recall(), self._precision())
