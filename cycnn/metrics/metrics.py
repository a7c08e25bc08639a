"""The metrics."""

import numpy as np

from cycnn.core import names
from cycnn.ops.arrays import numbers


class Metric:
    """Base of metrics: `update_state(y_true, y_pred, sample_weight)`, `result()`, `reset_state()`.

    Args:
        name: string: its name in logs.
    """

    def __init__(self, name=None, dtype=None):
        self.name = name or names.auto_name(type(self).__name__)
        self.reset_state()

    def reset_state(self):
        """Forget all batches."""
        self.total, self.count = 0.0, 0.0

    def update_state(self, *args, **kwargs):
        """Add a batch."""
        raise NotImplementedError

    def result(self):
        """The value over all batches since the last reset."""
        return self.total / self.count if self.count else 0.0

    def __call__(self, *args, **kwargs):
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self):
        return {"name": self.name, "dtype": "float32"}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class Mean(Metric):
    """The weighted mean of values."""

    def __init__(self, name="mean", dtype=None):
        super().__init__(name)

    def update_state(self, values, sample_weight=None):
        values = np.asarray(values, np.float64)
        if sample_weight is None:
            self.total += float(values.sum())
            self.count += values.size
        else:
            weight = np.asarray(sample_weight, np.float64)
            weight = np.broadcast_to(weight.reshape(weight.shape + (1,) * (values.ndim - weight.ndim)), values.shape)
            self.total += float((values * weight).sum())
            self.count += float(weight.sum())


class MeanMetricWrapper(Mean):
    """The mean of a function `fn(y_true, y_pred)` that gives one value per sample (and position)."""

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name or getattr(fn, "__name__", "metric"))
        self._fn, self._arguments = fn, kwargs

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(self._fn(y_true, y_pred, **self._arguments), sample_weight)


def _fit(y_true, y_pred):
    """Both as arrays of one shape: targets of shape (n,) beside outputs of shape (n, 1), and the other way round."""
    y_true, y_pred = numbers(y_true, "`y_true`"), numbers(y_pred, "`y_pred`")
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., None]
    elif y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_true = y_true[..., 0]
    _same(y_true.shape, y_pred.shape, y_true, y_pred)
    return y_true, y_pred


def _same(wanted, found, y_true, y_pred):
    if wanted != found:
        raise ValueError(
            f"`y_true` and `y_pred` do not fit each other. Received: shapes {y_true.shape} and {y_pred.shape}."
        )


class Accuracy(MeanMetricWrapper):
    """How often predictions equal labels.

    In `compile(metrics=["accuracy"])` the word means one of the three accuracies below, by the shape of the output.
    """

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(lambda t, p: np.equal(*_fit(t, p)), name)


class BinaryAccuracy(MeanMetricWrapper):
    """How often outputs are on the label's side of a threshold; averaged over the last axis.

    Args:
        threshold: number: an output above it means class 1.
    """

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        self.threshold = threshold
        super().__init__(self._correct, name)

    def _correct(self, y_true, y_pred):
        y_true, y_pred = _fit(y_true, y_pred)
        return ((y_pred > self.threshold) == y_true).mean(axis=-1)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest output is where the one-hot label's 1 is."""

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(self._correct, name)

    @staticmethod
    def _correct(y_true, y_pred):
        y_true, y_pred = _fit(y_true, y_pred)
        return y_true.argmax(-1) == y_pred.argmax(-1)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest output is at the place of the label, a class number."""

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(self._correct, name)

    @staticmethod
    def _correct(y_true, y_pred):
        y_true, y_pred = numbers(y_true, "`y_true`"), numbers(y_pred, "`y_pred`")
        if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
            y_true = y_true[..., 0]
        _same(y_true.shape, y_pred.shape[:-1], y_true, y_pred)
        return y_true == y_pred.argmax(-1)
