"""The losses."""

import math

import numpy as np

from cycnn import kernels
from cycnn.core import checks, names
from cycnn.core.shapes import rows_of
from cycnn.engine.buffers import SAMPLE, Buffer
from cycnn.ops.arrays import numbers

_REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "none", None)


class Loss:
    """Base of losses.

    Args:
        reduction: how `loss(y_true, y_pred)` joins the samples' values: `"sum_over_batch_size"` (their mean), `"sum"`,
            `"none"`. Training always uses the mean.
        name: string.
    """

    targets = "float32"  # or "int32": class numbers

    def __init__(self, reduction="sum_over_batch_size", name=None, dtype=None):
        if reduction not in _REDUCTIONS:
            raise ValueError(f"`reduction` must be one of {_REDUCTIONS}. Received: reduction={reduction!r}.")
        self.reduction = reduction
        self.name = name or names.to_snake_case(type(self).__name__)

    def absorbs_softmax(self):
        """Whether this loss wants the input of a softmax rather than its output."""
        return False

    def target_shape(self, sample):
        """Shape of one sample's target, for an output of this shape."""
        return sample

    def match(self, y, sample):
        """Targets (n, ...) in the shape that the kernel reads, without a copy.

        Raises:
            ValueError: they do not fit an output of shape `sample`.
        """
        wanted = self.target_shape(sample)
        if y.shape[1:] == wanted:
            return y
        if math.prod(y.shape[1:]) == math.prod(wanted) and tuple(d for d in y.shape[1:] if d != 1) == tuple(
            d for d in wanted if d != 1
        ):
            return y.reshape(len(y), *wanted)
        raise ValueError(self.mismatch(y, sample))

    def mismatch(self, y, sample):
        hint = ""
        if len(sample) > 1 and y.ndim <= 2:
            hint = " The model's output is a map: is a `Flatten()` (or a global pooling) missing before the last layer?"
        return (
            f"The targets do not fit the model's output for the loss {self.name!r}: expected targets of shape "
            f"(n, {', '.join(map(str, self.target_shape(sample)))}) for outputs of shape "
            f"(n, {', '.join(map(str, sample))}).{hint} Received: targets of shape {y.shape}."
        )

    def check_values(self, y, sample):
        """Refuse targets whose values are impossible."""

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        """Emit the kernel: from the output `y` (or, absorbed, from the softmax's input `x`, and then y is written)."""
        raise NotImplementedError

    def call(self, y_true, y_pred):
        """One value per sample (and position): arrays in, array out."""
        y_pred = np.ascontiguousarray(numbers(y_pred, "`y_pred`"), np.float32)
        y_true = np.atleast_1d(numbers(y_true, "`y_true`"))
        if len(y_true) != len(y_pred):
            raise ValueError(
                "`y_true` and `y_pred` must have the same number of samples. "
                f"Received: shapes {y_true.shape} and {y_pred.shape}."
            )
        y_true = self.match(y_true, y_pred.shape[1:])
        if y_true.size:
            self.check_values(y_true, y_pred.shape[1:])
        rows, columns = rows_of(y_pred.shape[1:])
        n = len(y_pred)
        target = np.ascontiguousarray(y_true, self.targets).reshape(n, rows, *([columns] * (self.targets == "float32")))
        value = np.empty((n, rows), np.float32)
        self.compute(y_pred.reshape(n, rows, columns), target, value)
        return value.reshape(n, *y_pred.shape[1:-1])

    def compute(self, y, target, value):
        """`value` through the kernel's Python door."""
        raise NotImplementedError

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The loss of arrays, joined by `reduction`."""
        value = self.call(y_true, y_pred)
        if sample_weight is not None:
            weight = np.asarray(sample_weight, np.float32)
            value = value * weight.reshape(weight.shape + (1,) * (value.ndim - weight.ndim))
        if self.reduction in ("none", None):
            return value
        total = float(np.sum(value, dtype=np.float64))
        return np.float32(total if self.reduction == "sum" else total / max(value.size, 1))

    def get_config(self):
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__}>"


def _like(y):
    """Room for the probabilities that the kernel makes on its way from logits."""
    return Buffer.new("probabilities", SAMPLE, y.shape)


def _axis(axis):
    if axis not in (-1, None):
        raise ValueError(f"`axis` must be -1: classes are the last axis. Received: axis={axis}.")


class CategoricalCrossentropy(Loss):
    """- sum over classes of t * log(p), for targets that are one-hot or probabilities.

    Args:
        from_logits: whether outputs are what goes into a softmax rather than what comes out.
        label_smoothing: share of each target that is spread over all classes.
    """

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="categorical_crossentropy", dtype=None):  # fmt: skip
        super().__init__(reduction, name)
        _axis(axis)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number("label_smoothing", label_smoothing, 0, 1)

    def absorbs_softmax(self):
        return not self.from_logits

    def mismatch(self, y, sample):
        if y.ndim == 1 or y.shape[1:] == (1,):
            if len(sample) > 1:
                return super().mismatch(y, sample)
            return (
                f"The loss 'categorical_crossentropy' expects one-hot targets of shape (n, {sample[-1]}). For class "
                "numbers use loss='sparse_categorical_crossentropy', or make them one-hot with "
                f"`utils.to_categorical`. Received: targets of shape {y.shape}."
            )
        return super().mismatch(y, sample)

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        loss = kernels.loss
        if x is not None:
            emit(loss.softmax_crossentropy, x, target, weight, scale, y, value, dx, self.label_smoothing)
        elif self.from_logits:
            emit(loss.softmax_crossentropy, y, target, weight, scale, _like(y), value, dx, self.label_smoothing)
        else:
            emit(loss.categorical_crossentropy, y, target, weight, scale, value, dx, self.label_smoothing)

    def compute(self, y, target, value):
        one = np.ones(1, np.float32)
        if self.from_logits:
            kernels.loss.softmax_crossentropy(y, target, None, one, np.empty_like(y), value, None, self.label_smoothing)
        else:
            kernels.loss.categorical_crossentropy(y, target, None, one, value, None, self.label_smoothing)

    def get_config(self):
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": -1,
        }


class SparseCategoricalCrossentropy(Loss):
    """- log(p[t]), for targets that are class numbers.

    Args:
        from_logits: whether outputs are what goes into a softmax rather than what comes out.
        ignore_class: not supported yet: None.
    """

    targets = "int32"

    def __init__(self, from_logits=False, ignore_class=None, reduction="sum_over_batch_size", axis=-1,
                 name="sparse_categorical_crossentropy", dtype=None):  # fmt: skip
        super().__init__(reduction, name)
        _axis(axis)
        if ignore_class is not None:
            raise ValueError(f"`ignore_class` is not supported yet. Received: ignore_class={ignore_class}.")
        self.from_logits = bool(from_logits)

    def absorbs_softmax(self):
        return not self.from_logits

    def target_shape(self, sample):
        return sample[:-1]

    def mismatch(self, y, sample):
        if y.shape[1:] == sample:
            return (
                "The loss 'sparse_categorical_crossentropy' expects class numbers of shape (n,). For one-hot targets "
                f"use loss='categorical_crossentropy'. Received: targets of shape {y.shape}."
            )
        return super().mismatch(y, sample)

    def check_values(self, y, sample):
        low, high, classes = y.min(), y.max(), sample[-1]
        if not (low >= 0 and high < classes):  # NaN too
            raise ValueError(
                f"Labels must be class numbers from 0 to {classes - 1} for the loss {self.name!r}: the model's output has "
                f"{classes} classes. Received: labels from {low} to {high}."
            )
        if y.dtype.kind == "f" and np.any(y != np.floor(y)):
            raise ValueError(
                f"Labels must be class numbers. Received: the label {y[y != np.floor(y)][0]}, no whole number."
            )

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        loss = kernels.loss
        if x is not None:
            emit(loss.sparse_softmax_crossentropy, x, target, weight, scale, y, value, dx)
        elif self.from_logits:
            emit(loss.sparse_softmax_crossentropy, y, target, weight, scale, _like(y), value, dx)
        else:
            emit(loss.sparse_categorical_crossentropy, y, target, weight, scale, value, dx)

    def compute(self, y, target, value):
        one = np.ones(1, np.float32)
        if self.from_logits:
            kernels.loss.sparse_softmax_crossentropy(y, target, None, one, np.empty_like(y), value, None)
        else:
            kernels.loss.sparse_categorical_crossentropy(y, target, None, one, value, None)

    def get_config(self):
        return {**super().get_config(), "from_logits": self.from_logits, "ignore_class": None, "axis": -1}


class BinaryCrossentropy(Loss):
    """- t * log(p) - (1 - t) * log(1 - p), averaged over the last axis.

    Args:
        from_logits: whether outputs are what goes into a sigmoid rather than what comes out.
        label_smoothing: share of each target that is moved to one half.
    """

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="binary_crossentropy", dtype=None):  # fmt: skip
        super().__init__(reduction, name)
        _axis(axis)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number("label_smoothing", label_smoothing, 0, 1)

    def _kernel(self):
        return kernels.loss.binary_crossentropy_logits if self.from_logits else kernels.loss.binary_crossentropy

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        emit(self._kernel(), y, target, weight, scale, value, dx, self.label_smoothing)

    def compute(self, y, target, value):
        self._kernel()(y, target, None, np.ones(1, np.float32), value, None, self.label_smoothing)

    def get_config(self):
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": -1,
        }


class MeanSquaredError(Loss):
    """The mean of (y - t)² over the last axis."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(reduction, name)

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        emit(kernels.loss.mean_squared_error, y, target, weight, scale, value, dx)

    def compute(self, y, target, value):
        kernels.loss.mean_squared_error(y, target, None, np.ones(1, np.float32), value, None)
