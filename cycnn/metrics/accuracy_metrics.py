"""How often predictions are right."""

import numpy as np

from cycnn.metrics.arrays import check_shapes, pair
from cycnn.metrics.reduction_metrics import MeanOfFunction
from cycnn.ops.arrays import numbers


def accuracy(y_true, y_pred):
    """1 where predictions equal targets, else 0: float32, one per value."""
    y_true, y_pred = pair(y_true, y_pred)
    return np.equal(y_true, y_pred).astype(np.float32)


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where predictions are on the target's side of a threshold, else 0.

    Args:
        y_true: Targets 0 and 1, of any shape.
        y_pred: Predictions of that shape.
        threshold: Number: a prediction above it means class 1.

    Returns:
        float32 array of the same shape.
    """
    y_true, y_pred = pair(y_true, y_pred)
    return np.equal(y_true, y_pred > threshold).astype(np.float32)


def categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction is at the target's largest number, else 0.

    Args:
        y_true: One-hot targets (n, ..., classes).
        y_pred: Predictions (n, ..., classes).

    Returns:
        float32 array (n, ...).
    """
    y_true, y_pred = pair(y_true, y_pred)
    return np.equal(y_true.argmax(-1), y_pred.argmax(-1)).astype(np.float32)


def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction is at the target, a class number, else 0.

    Args:
        y_true: Class numbers (n, ...) or (n, ..., 1).
        y_pred: Predictions (n, ..., classes).

    Returns:
        float32 array (n, ...).
    """
    y_true, y_pred = _labels(y_true, y_pred)
    return np.equal(y_true, y_pred.argmax(-1)).astype(np.float32)


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the target is among the `k` largest predictions, else 0; the last of them may be a tie.

    Args:
        y_true: One-hot targets (n, ..., classes).
        y_pred: Predictions (n, ..., classes).
        k: Integer.

    Returns:
        float32 array (n, ...).
    """
    y_true, y_pred = pair(y_true, y_pred)
    return _in_top_k(y_true.argmax(-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where the target, a class number, is among the `k` largest predictions, else 0; the last of them may be a tie.

    Args:
        y_true: Class numbers (n, ...) or (n, ..., 1).
        y_pred: Predictions (n, ..., classes); class numbers, best first, where `from_sorted_ids` is true.
        k: Integer.
        from_sorted_ids: Boolean.

    Returns:
        float32 array (n, ...).
    """
    y_true, y_pred = _labels(y_true, y_pred)
    if from_sorted_ids:
        return np.equal(y_true[..., None], y_pred[..., :k]).any(-1).astype(np.float32)
    return _in_top_k(y_true, y_pred, k)


def _labels(y_true, y_pred):
    y_true, y_pred = numbers(y_true, "`y_true`"), numbers(y_pred, "`y_pred`")
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = y_true[..., 0]
    check_shapes(y_true.shape, y_pred.shape[:-1], y_true, y_pred)
    return y_true, y_pred


def _in_top_k(labels, y_pred, k):
    classes = y_pred.shape[-1]
    known = (labels >= 0) & (labels < classes)
    places = np.where(known, labels, 0).astype(np.intp)[..., None]
    not_above = y_pred <= np.take_along_axis(y_pred, places, -1)  # false for NaN, which so counts as above
    return (known & (not_above.sum(-1) > classes - k)).astype(np.float32)


class Accuracy(MeanOfFunction):
    """How often predictions equal targets.

    In `compile(metrics=["accuracy"])` the word means `BinaryAccuracy`, `CategoricalAccuracy` or
    `SparseCategoricalAccuracy`, by the shapes of targets and predictions.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4])
    0.75
    ```
    """

    _direction = "up"

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanOfFunction):
    """How often predictions are on the target's side of a threshold.

    Args:
        name: String.
        dtype: String.
        threshold: Number: a prediction above it means class 1. Use 0 for logits.

    Example:

    ```python
    >>> cycnn.metrics.BinaryAccuracy()([1, 1, 0, 0], [0.98, 1, 0, 0.6])
    0.75
    ```
    """

    _direction = "up"

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold


class CategoricalAccuracy(MeanOfFunction):
    """How often the largest prediction is at the one-hot target's 1.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    0.5
    ```
    """

    _direction = "up"

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanOfFunction):
    """How often the largest prediction is at the target, a class number.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.SparseCategoricalAccuracy()([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    0.5
    ```
    """

    _direction = "up"

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanOfFunction):
    """How often the one-hot target's 1 is at one of the `k` largest predictions.

    Args:
        k: Integer.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.TopKCategoricalAccuracy(k=1)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    0.5
    ```
    """

    _direction = "up"

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


class SparseTopKCategoricalAccuracy(MeanOfFunction):
    """How often the target, a class number, is at one of the `k` largest predictions.

    Args:
        k: Integer.
        name: String.
        dtype: String.
        from_sorted_ids: Boolean: whether predictions are class numbers, best first, rather than scores of all classes.

    Example:

    ```python
    >>> cycnn.metrics.SparseTopKCategoricalAccuracy(k=1)([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    0.5
    ```
    """

    _direction = "up"

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None, from_sorted_ids=False):
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
        self.k, self.from_sorted_ids = k, from_sorted_ids

    def get_config(self):
        config = super().get_config()
        if not self.from_sorted_ids:  # as Keras writes it, and as its older versions can read it
            del config["from_sorted_ids"]
        return config
