"""Means of precision and recall."""

import numpy as np

from cycnn.core import checks
from cycnn.metrics.arrays import divide, spread
from cycnn.metrics.metric import SUMS, Metric, value
from cycnn.ops.arrays import numbers

_AVERAGES = (None, "micro", "macro", "weighted")
_COUNTS = "true_positives", "false_positives", "false_negatives", "intermediate_weights"


class FBetaScore(Metric):
    """The weighted harmonic mean of precision P and recall R of each class: (1 + beta²) P R / (beta² P + R).

    Args:
        average: How to join the classes: `None`: not at all; `"micro"`: counts are summed over the classes first;
            `"macro"`: the mean; `"weighted"`: the mean, weighted by the number of targets of each class.
        beta: Positive number: how much more recall matters than precision.
        threshold: Number within (0, 1]: a prediction above it counts; the largest of each sample where it is `None`.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> metric = cycnn.metrics.FBetaScore(beta=2.0, threshold=0.5)
    >>> metric([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0]]).numpy().round(3)
    array([0.385, 0.909, 0.833], dtype=float32)
    ```
    """

    _direction = "up"

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(dtype, name)
        if average not in _AVERAGES:
            raise ValueError(f"`average` must be one of {_AVERAGES}. Received: average={average!r}.")
        self.average = average
        self.beta = checks.number("beta", beta, 0, open_low=True)
        self.threshold = None if threshold is None else checks.number("threshold", threshold, 0, 1, open_low=True)
        self._built = False

    def _build(self, classes):
        for name in _COUNTS:
            shape = () if self.average == "micro" else (classes,)
            setattr(self, name, self.add_variable(shape, "zeros", dtype=SUMS, name=name))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch.

        Args:
            y_true: Targets (n, classes), 0 or 1.
            y_pred: Predictions (n, classes).
            sample_weight: A number, or one per sample.
        """
        y_true, y_pred = numbers(y_true, "`y_true`"), numbers(y_pred, "`y_pred`")
        if y_pred.ndim != 2 or y_true.shape != y_pred.shape:
            raise ValueError(
                f"{type(self).__name__} needs targets and predictions of shape (n, classes). "
                f"Received: y_true of shape {y_true.shape} and y_pred of shape {y_pred.shape}."
            )
        if not self._built:
            self._build(y_pred.shape[1])
        y_true = y_true.astype(np.float64)
        if self.threshold is None:  # a sample of zeros predicts nothing
            chosen = (y_pred >= y_pred.max(axis=-1, keepdims=True)) & (np.abs(y_pred) > 1e-9)
        else:
            chosen = y_pred > self.threshold
        weight = 1.0 if sample_weight is None else spread(sample_weight, y_pred.shape)
        axis = None if self.average == "micro" else 0
        for name, counted in zip(
            _COUNTS, (chosen * y_true, chosen * (1 - y_true), ~chosen * y_true, y_true), strict=True
        ):
            getattr(self, name).assign_add((counted * weight).sum(axis=axis))

    def result(self):
        if not self._built:
            return value(0.0)
        tp, fp, fn, weights = (getattr(self, name).value for name in _COUNTS)
        precision, recall = divide(tp, tp + fp), divide(tp, tp + fn)
        square = self.beta**2
        score = (1 + square) * divide(precision * recall, square * precision + recall)
        if self.average == "weighted":
            return value(divide((score * weights).sum(), weights.sum()))
        return value(score.mean() if self.average == "macro" else score)

    def get_config(self):
        return {**super().get_config(), "average": self.average, "beta": self.beta, "threshold": self.threshold}


class F1Score(FBetaScore):
    """The harmonic mean of precision P and recall R of each class: 2 P R / (P + R).

    Args:
        average: How to join the classes: `None`: not at all; `"micro"`: counts are summed over the classes first;
            `"macro"`: the mean; `"weighted"`: the mean, weighted by the number of targets of each class.
        threshold: Number within (0, 1]: a prediction above it counts; the largest of each sample where it is `None`.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> metric = cycnn.metrics.F1Score(threshold=0.5)
    >>> metric([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0]]).numpy().round(3)
    array([0.5  , 0.8  , 0.667], dtype=float32)
    ```
    """

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self):
        config = super().get_config()
        del config["beta"]
        return config
