"""Intersection over union: how well predicted regions cover the true ones."""

import numpy as np

from cycnn.core import checks
from cycnn.metrics.arrays import divide, spread
from cycnn.metrics.metric import SUMS, Metric, value
from cycnn.ops.arrays import numbers


class IoU(Metric):
    """The mean over some classes of TP / (TP + FP + FN), from a confusion matrix of all pixels.

    A class that is in neither targets nor predictions is left out of the mean; pixels whose target or prediction is
    none of the classes are not counted.

    Args:
        num_classes: Integer.
        target_class_ids: Sequence of integers: the classes to average.
        name: String.
        dtype: String.
        ignore_class: Integer: pixels with this target are not counted (like the 255 of "void").
        sparse_y_true: Boolean: whether targets are class numbers rather than one number per class.
        sparse_y_pred: Boolean: whether predictions are class numbers rather than scores.
        axis: Integer: where the scores of the classes are.

    Example:

    ```python
    >>> cycnn.metrics.IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])
    0.3333333333333333
    ```
    """

    _direction = "up"

    def __init__(self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None, sparse_y_true=True,
                 sparse_y_pred=True, axis=-1):  # fmt: skip
        super().__init__("int32" if dtype in (None, "int") else dtype, name)
        self.num_classes = checks.positive_int("num_classes", num_classes)
        self.target_class_ids = [checks.non_negative_int("target_class_ids", k) for k in target_class_ids]
        if not self.target_class_ids or max(self.target_class_ids) >= num_classes:
            raise ValueError(
                f"`target_class_ids` must hold class numbers from 0 to {num_classes - 1}. "
                f"Received: target_class_ids={target_class_ids}."
            )
        self.ignore_class = ignore_class
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", dtype=SUMS, name="total_confusion_matrix"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count the pixels of a batch.

        Args:
            y_true: Targets: class numbers, or one number per class along `axis`.
            y_pred: Predictions: class numbers, or scores along `axis`.
            sample_weight: A number, or one per sample or pixel.
        """
        y_true, y_pred = numbers(y_true, "`y_true`"), numbers(y_pred, "`y_pred`")
        y_true = (y_true if self.sparse_y_true else y_true.argmax(self.axis)).astype(np.int64)
        y_pred = (y_pred if self.sparse_y_pred else y_pred.argmax(self.axis)).astype(np.int64)
        if y_true.size != y_pred.size:
            raise ValueError(
                "`y_true` and `y_pred` must have a class for each of the same pixels. "
                f"Received: classes of shapes {y_true.shape} and {y_pred.shape}."
            )
        weight = None
        if sample_weight is not None:
            flat = np.size(sample_weight) == y_true.size
            weight = np.ravel(sample_weight) if flat else spread(sample_weight, y_true.shape).ravel()
        y_true, y_pred = y_true.ravel(), y_pred.ravel()
        counted = (y_true >= 0) & (y_true < self.num_classes) & (y_pred >= 0) & (y_pred < self.num_classes)
        if self.ignore_class is not None:
            counted &= y_true != self.ignore_class
        cells = y_true[counted] * self.num_classes + y_pred[counted]
        matrix = np.bincount(cells, None if weight is None else weight[counted], self.num_classes**2)
        self.total_cm.assign_add(matrix.reshape(self.num_classes, self.num_classes))

    def result(self):
        matrix, classes = self.total_cm.value, self.target_class_ids
        intersection = matrix.diagonal()[classes]
        union = (matrix.sum(axis=0) + matrix.sum(axis=1))[classes] - intersection
        return value(divide(divide(intersection, union).sum(), (union > 0).sum()))

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }

    def _config_without(self, *names):
        return {name: held for name, held in IoU.get_config(self).items() if name not in names}


class BinaryIoU(IoU):
    """Intersection over union of two classes, told apart by a threshold.

    Args:
        target_class_ids: `[0]`, `[1]` or `[0, 1]`: the classes to average.
        threshold: Number: a prediction of at least this much means class 1.
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.BinaryIoU(target_class_ids=[0, 1], threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])
    0.3333333333333333
    ```
    """

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count the pixels of a batch: targets 0 and 1, predictions of any kind, weights as in `IoU`."""
        super().update_state(y_true, numbers(y_pred, "`y_pred`") >= self.threshold, sample_weight)

    def get_config(self):
        left_out = "num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis"
        return {**self._config_without(*left_out), "threshold": self.threshold}


class MeanIoU(IoU):
    """The mean over all classes of intersection over union.

    Args:
        num_classes: Integer.
        name: String.
        dtype: String.
        ignore_class: Integer: pixels with this target are not counted.
        sparse_y_true: Boolean: whether targets are class numbers rather than one number per class.
        sparse_y_pred: Boolean: whether predictions are class numbers rather than scores.
        axis: Integer: where the scores of the classes are.

    Example:

    ```python
    >>> cycnn.metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])
    0.3333333333333333
    ```
    """

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_true=True, sparse_y_pred=True,
                 axis=-1):  # fmt: skip
        checks.positive_int("num_classes", num_classes)
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self):
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """`IoU` for one-hot targets.

    Args:
        num_classes: Integer.
        target_class_ids: Sequence of integers: the classes to average.
        name: String.
        dtype: String.
        ignore_class: Integer: pixels with this target are not counted.
        sparse_y_pred: Boolean: whether predictions are class numbers rather than scores.
        axis: Integer: where the classes are.

    Example:

    ```python
    >>> metric = cycnn.metrics.OneHotIoU(num_classes=3, target_class_ids=[0, 2])
    >>> metric([[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7], [0.5, 0.3, 0.1]])
    0.25
    ```
    """

    def __init__(self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None, sparse_y_pred=False,
                 axis=-1):  # fmt: skip
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self):
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` for one-hot targets.

    Args:
        num_classes: Integer.
        name: String.
        dtype: String.
        ignore_class: Integer: pixels with this target are not counted.
        sparse_y_pred: Boolean: whether predictions are class numbers rather than scores.
        axis: Integer: where the classes are.

    Example:

    ```python
    >>> metric = cycnn.metrics.OneHotMeanIoU(num_classes=3)
    >>> metric([[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7], [0.5, 0.3, 0.1]])
    0.16666666666666666
    ```
    """

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_pred=False, axis=-1):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self):
        return self._config_without("target_class_ids", "sparse_y_true")
