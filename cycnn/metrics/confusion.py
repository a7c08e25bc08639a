"""Counts of right and wrong decisions, "the prediction is above the threshold", at one or many thresholds.

                     prediction > t     prediction ≤ t
    target is 1      true positive      false negative
    target is 0      false positive     true negative

Predictions and thresholds are compared in float32, whatever they come in.
"""

from typing import NamedTuple

import numpy as np

from cycnn import config
from cycnn.core import checks
from cycnn.metrics.arrays import check_shapes, same_rank, spread
from cycnn.ops.arrays import numbers


class Counts(NamedTuple):
    """Sums of weights, for each threshold (and label)."""

    true_positives: np.ndarray
    false_positives: np.ndarray
    true_negatives: np.ndarray
    false_negatives: np.ndarray


class Thresholds:
    """Thresholds that one metric counts at.

    Args:
        values: Sequence of numbers, in any order.
    """

    def __init__(self, values):
        self.values = np.asarray(values, np.float32)
        self._order = np.argsort(self.values, kind="stable")
        self._sorted = self.values[self._order]
        # Thresholds k / (count - 1) are meant for probabilities: predictions outside of [0, 1] count as 0 and 1.
        even = np.arange(len(values)) / max(len(values) - 1, 1)
        self._probabilities = len(values) > 2 and np.allclose(values, even, atol=config.epsilon())

    def count(self, y_true, y_pred, weight=None, by_label=False):
        """Count a batch.

        Args:
            y_true: Targets; what is not 0 is 1.
            y_pred: Predictions of the same shape, float32.
            weight: Weights of the same shape, or `None`.
            by_label: Boolean: whether to count the labels of the last axis apart.

        Returns:
            `Counts` of arrays (thresholds,) or (thresholds, labels).
        """
        labels = y_pred.shape[-1] if by_label else 1
        positive = (y_true != 0).reshape(-1, labels)
        y_pred = y_pred.reshape(-1, labels)
        if self._probabilities:
            y_pred = np.clip(y_pred, 0, 1)
        weight = np.ones(y_pred.shape) if weight is None else weight.reshape(-1, labels)
        # How many thresholds a prediction is above; none for NaN. One sum per such number, added up from the right, is
        # the sum over predictions above each threshold: O(predictions log thresholds), not their product.
        above = np.where(y_pred > self._sorted[0], np.searchsorted(self._sorted, y_pred), 0)
        bins = above * labels + np.arange(labels)

        def exceeding(weight):
            sums = np.bincount(bins.ravel(), weight.ravel(), (len(self._sorted) + 1) * labels).reshape(-1, labels)
            sums = sums[::-1].cumsum(axis=0)[::-1]
            at_thresholds = np.empty_like(sums[1:])
            at_thresholds[self._order] = sums[1:]
            return (at_thresholds, sums[0]) if by_label else (at_thresholds[:, 0], sums[0, 0])

        true_positives, positives = exceeding(np.where(positive, weight, 0.0))
        false_positives, negatives = exceeding(np.where(positive, 0.0, weight))
        return Counts(true_positives, false_positives, negatives - false_positives, positives - true_positives)


def binary(y_true, y_pred, sample_weight=None, class_id=None, top_k=None):
    """Targets, predictions (float32) and weights (or `None`) of one shape, of the asked class or among the best `k`.

    Raises:
        ValueError: They do not fit each other, or there is no such class.
    """
    y_true, y_pred = same_rank(numbers(y_true, "`y_true`"), numbers(y_pred, "`y_pred`").astype(np.float32, copy=False))
    check_shapes(y_true.shape, y_pred.shape, y_true, y_pred)
    if top_k is not None:
        best = np.argsort(-y_pred, axis=-1, kind="stable")[..., :top_k]
        kept = np.full_like(y_pred, -np.inf)
        np.put_along_axis(kept, best, np.take_along_axis(y_pred, best, -1), -1)
        y_pred = kept
    if class_id is not None:
        if y_pred.ndim == 1 or not 0 <= class_id < y_pred.shape[-1]:
            raise ValueError(
                "`class_id` must be one of the classes in the last axis of predictions (n, classes). "
                f"Received: class_id={class_id} and predictions of shape {y_pred.shape}."
            )
        y_true, y_pred = y_true[..., class_id, None], y_pred[..., class_id, None]
    return y_true, y_pred, None if sample_weight is None else spread(sample_weight, y_pred.shape)


def parse_thresholds(thresholds, default=0.5):
    """A list of thresholds, of a number or several within [0, 1]; `[default]` for `None`."""
    if thresholds is None:
        return [default]
    given = list(thresholds) if np.ndim(thresholds) else [thresholds]
    if not given:
        raise ValueError(f"`thresholds` must hold at least one number. Received: thresholds={thresholds!r}.")
    for threshold in given:
        checks.number("thresholds", threshold, 0, 1)
    return given


def even_thresholds(num_thresholds):
    """The numbers k / (num_thresholds - 1), from 0 to 1."""
    return [k / (num_thresholds - 1) for k in range(num_thresholds)]
