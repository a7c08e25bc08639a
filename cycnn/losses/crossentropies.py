"""Cross-entropies: of classes, of class numbers, of independent bits."""

import warnings

import numpy as np

from cycnn import config, kernels, ops
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.engine.buffers import SAMPLE, Buffer
from cycnn.losses.base_loss import Loss, floats
from cycnn.losses.kernel_loss import KernelLoss, PointwiseLoss, axis_number


@export("keras.losses")
def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """-Σ y_true·log(y_pred) over the classes.

    Args:
        y_true: array of targets, one-hot or probabilities.
        y_pred: array or tensor of the same shape: probabilities, which are divided by their sum and held within
            `config.epsilon()` of 0 and 1.
        from_logits: whether `y_pred` is what goes into a softmax rather than what comes out.
        label_smoothing: share of each target that is spread over all classes.
        axis: where the classes are, the axis that the result lacks.
    """
    y_true, y_pred = floats(y_true, y_pred)
    warn_of_one_class(ops.shape(y_pred), "categorical_crossentropy")
    y_true = smoothed(y_true, label_smoothing)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis_number(axis))


@export("keras.losses")
def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """-log(y_pred) of the class that a target names.

    Args:
        y_true: array of class numbers, with or without an axis of length 1 for the classes.
        y_pred: array or tensor of probabilities, as in `categorical_crossentropy`.
        from_logits: whether `y_pred` is what goes into a softmax rather than what comes out.
        ignore_class: a label whose loss is 0, whatever was predicted; or None.
        axis: where the classes are.

    Raises:
        ValueError: a label is no class number.
    """
    y_pred, labels = ops.convert_to_tensor(y_pred), np.asarray(y_true)
    axis = axis_number(axis)
    if labels.ndim == len(ops.shape(y_pred)) and labels.shape[axis] == 1:
        labels = np.squeeze(labels, axis)
    if labels.size:
        check_labels(labels, ops.shape(y_pred)[axis], "sparse_categorical_crossentropy", ignore_class)
    valid = None
    if ignore_class is not None:
        valid = labels != ignore_class
        labels = np.where(valid, labels, 0)
        y_pred = ops.where(np.expand_dims(valid, axis), y_pred, 1.0)
    if not from_logits:
        y_pred = ops.divide(y_pred, ops.sum(y_pred, axis=axis, keepdims=True))
    values = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits=from_logits, axis=axis)
    return values if valid is None else ops.where(valid, values, 0.0)


@export("keras.losses")
def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """The mean of -y_true·log(y_pred) - (1 - y_true)·log(1 - y_pred) over an axis.

    Args:
        y_true: array of numbers from 0 to 1.
        y_pred: array or tensor of the same shape: probabilities, held within `config.epsilon()` of 0 and 1.
        from_logits: whether `y_pred` is what goes into a sigmoid rather than what comes out.
        label_smoothing: share of each target that is moved to one half.
        axis: the axis of the mean, which the result lacks.
    """
    y_true, y_pred = floats(y_true, y_pred)
    y_true = smoothed(y_true, label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis_number(axis))


@export("keras.losses")
def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """(1 - p^q) / q, where p is the prediction for the class that a target names.

    Args:
        y_true: array (n, ...) of class numbers.
        y_pred: array or tensor (n, ..., classes) of probabilities.
        q: number between 0 (cross-entropy) and 1 (absolute error): the larger, the less noisy labels count.

    Reference:
        Zhang and Sabuncu, Generalized cross entropy loss, 2018. https://arxiv.org/abs/1805.07836
    """
    y_pred = ops.convert_to_tensor(y_pred)
    classes = ops.shape(y_pred)[-1]
    labels = np.asarray(y_true)
    if labels.size:
        check_labels(labels, classes, "categorical_generalized_cross_entropy")
    hot = ops.one_hot(labels.astype(np.int64), classes, dtype=y_pred.dtype)
    p = ops.sum(ops.multiply(y_pred, hot), axis=-1)
    return ops.divide(ops.subtract(1.0, ops.power(p, float(q))), float(q))


def smoothed(y_true, share, classes=None):
    """Targets, of which a share is spread evenly over `classes`; None: as many as the last axis has."""
    if not share:
        return y_true
    classes = ops.shape(y_true)[-1] if classes is None else classes
    return ops.add(ops.multiply(y_true, 1.0 - share), share / classes)


def warn_of_one_class(shape, name):
    """A softmax over one class is 1, and nothing can be learnt."""
    if shape[-1:] == (1,):
        warnings.warn(
            f"The loss {name!r} expects predictions for two classes or more; with one, its gradient is zero. For one "
            f"output between 0 and 1 use 'binary_crossentropy'. Received: predictions of shape {shape}.",
            SyntaxWarning,
            stacklevel=3,
        )


def check_labels(labels, classes, name, ignored=None):
    """Refuse labels that are no class numbers.

    Raises:
        ValueError: a label is out of range, or no whole number.
    """
    if ignored is not None:
        labels = labels[labels != ignored]
        if not labels.size:
            return
    low, high = labels.min(), labels.max()
    if not (low >= 0 and high < classes):  # NaN too
        raise ValueError(
            f"Labels must be class numbers from 0 to {classes - 1} for the loss {name!r}: the model's output has "
            f"{classes} classes. Received: labels from {low} to {high}."
        )
    if labels.dtype.kind == "f" and np.any(labels != np.floor(labels)):
        raise ValueError(
            f"Labels must be class numbers. Received: the label {labels[labels != np.floor(labels)][0]}, no whole number."
        )


def like(y):
    """Room for the probabilities that a kernel makes on its way from logits."""
    return Buffer.new("probabilities", SAMPLE, y.shape)


class LabelLoss(KernelLoss):
    """A loss whose targets are class numbers."""

    targets = "int32"
    axis = -1
    ignore_class: int | None = None

    def target_shape(self, sample):
        if self.axis < 0:
            place = self.axis + len(sample)
        else:
            place = self.axis - 1
        return tuple(length for k, length in enumerate(sample) if k != place)

    def mismatch(self, y, sample):
        if y.shape[1:] == sample:
            return (
                f"The loss {self.name!r} expects class numbers of shape (n,). For one-hot targets "
                f"use loss='categorical_crossentropy'. Received: targets of shape {y.shape}."
            )
        return super().mismatch(y, sample)

    def check_values(self, y, sample):
        classes = sample[self.axis if self.axis < 0 else self.axis - 1]
        check_labels(np.asarray(y), classes, self.name, self.ignore_class)


def hint_of_labels(loss, y, sample):
    """The text of the error about class numbers where a loss wants one-hot targets; None where they are something else."""
    if len(sample) == 1 and (y.ndim == 1 or y.shape[1:] == (1,)):
        return (
            f"The loss {loss.name!r} expects one-hot targets of shape (n, {sample[-1]}). For class "
            "numbers use loss='sparse_categorical_crossentropy', or make them one-hot with "
            f"`utils.to_categorical`. Received: targets of shape {y.shape}."
        )
    return None


class CategoricalCrossentropy(KernelLoss):
    """-Σ y_true·log(y_pred) over the classes, for targets that are one-hot or probabilities.

    Args:
        from_logits: whether outputs are what goes into a softmax rather than what comes out.
        label_smoothing: share of each target that is spread over all classes.
        axis: where the classes are.
        reduction, name, dtype: as in `Loss`.
    """

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="categorical_crossentropy", dtype=None):  # fmt: skip
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number("label_smoothing", label_smoothing, 0, 1)
        self.axis = axis_number(axis)
        super().__init__(categorical_crossentropy, reduction, name, dtype, from_logits=self.from_logits,
                         label_smoothing=self.label_smoothing, axis=self.axis)  # fmt: skip
        self.has_kernel = self.axis == -1

    def absorbs_softmax(self):
        return self.has_kernel and not self.from_logits

    def match(self, y, sample):
        warn_of_one_class(sample, self.name)
        return super().match(y, sample)

    def mismatch(self, y, sample):
        return hint_of_labels(self, y, sample) or super().mismatch(y, sample)

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        loss, smoothing = kernels.loss, self.label_smoothing
        if x is not None:
            emit(loss.softmax_crossentropy, x, target, weight, scale, y, value, dx, smoothing)
        elif self.from_logits:
            emit(loss.softmax_crossentropy, y, target, weight, scale, like(y), value, dx, smoothing)
        else:
            emit(loss.categorical_crossentropy, y, target, weight, scale, value, dx, smoothing, config.epsilon())

    def get_config(self):
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }


class SparseCategoricalCrossentropy(LabelLoss):
    """-log(y_pred) of the class that a target names.

    Args:
        from_logits: whether outputs are what goes into a softmax rather than what comes out.
        ignore_class: a label that does not count, neither in a sum nor in a mean; or None.
        axis: where the classes are.
        reduction, name, dtype: as in `Loss`.
    """

    def __init__(self, from_logits=False, ignore_class=None, reduction="sum_over_batch_size", axis=-1,
                 name="sparse_categorical_crossentropy", dtype=None):  # fmt: skip
        self.from_logits = bool(from_logits)
        self.axis = axis_number(axis)
        if ignore_class is not None and (ignore_class := checks.as_integer(given := ignore_class)) is None:
            raise checks.refuse("ignore_class", "an integer or None", given)
        self.ignore_class = ignore_class
        super().__init__(sparse_categorical_crossentropy, reduction, name, dtype, from_logits=self.from_logits,
                         ignore_class=ignore_class, axis=self.axis)  # fmt: skip
        self.has_kernel = self.axis == -1

    def absorbs_softmax(self):
        return self.has_kernel and not self.from_logits

    def mask(self, y_true, values):
        return None if self.ignore_class is None else np.asarray(y_true).reshape(values.shape) != self.ignore_class

    def divisor(self, count, weight=None, y_true=None):
        self.must_reduce()
        if self.ignore_class is None or y_true is None or self.reduction == "sum":
            return super().divisor(count, weight)
        valid = np.asarray(y_true) != self.ignore_class
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            weight = np.asarray(weight, np.float64)
            return float(np.sum(valid * weight.reshape(*weight.shape, *(1,) * (valid.ndim - weight.ndim))))
        return float(np.count_nonzero(valid))

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        loss = kernels.loss
        ignored = loss.NOTHING if self.ignore_class is None else self.ignore_class
        if x is not None:
            emit(loss.sparse_softmax_crossentropy, x, target, weight, scale, y, value, dx, ignored)
        elif self.from_logits:
            emit(loss.sparse_softmax_crossentropy, y, target, weight, scale, like(y), value, dx, ignored)
        else:
            epsilon = config.epsilon()
            emit(loss.sparse_categorical_crossentropy, y, target, weight, scale, value, dx, ignored, epsilon)

    def get_config(self):
        config = {**super().get_config(), "from_logits": self.from_logits, "ignore_class": self.ignore_class}
        return config if self.axis == -1 else {**config, "axis": self.axis}  # Keras writes none at all


class BinaryCrossentropy(PointwiseLoss):
    """The mean of -y_true·log(y_pred) - (1 - y_true)·log(1 - y_pred) over the last axis.

    Args:
        from_logits: whether outputs are what goes into a sigmoid rather than what comes out.
        label_smoothing: share of each target that is moved to one half.
        axis: the axis of the mean.
        reduction, name, dtype: as in `Loss`.
    """

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="binary_crossentropy", dtype=None):  # fmt: skip
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.number("label_smoothing", label_smoothing, 0, 1)
        self.axis = axis_number(axis)
        super().__init__(binary_crossentropy, reduction, name, dtype, from_logits=self.from_logits,
                         label_smoothing=self.label_smoothing, axis=self.axis)  # fmt: skip
        self.has_kernel = self.axis == -1

    @property
    def kind(self):
        return "binary_crossentropy_logits" if self.from_logits else "binary_crossentropy"

    def mismatch(self, y, sample):
        return hint_of_labels(self, y, sample) or super().mismatch(y, sample)

    def check_values(self, y, sample):
        labels = np.asarray(y)
        if sample == (1,) and labels.dtype.kind in "iu" and not (labels.min() >= 0 and labels.max() <= 1):
            warnings.warn(
                f"The loss {self.name!r} expects targets from 0 to 1. For the numbers of more than two classes use "
                "'sparse_categorical_crossentropy' and an output for each class, for labels -1 and 1 'hinge'. "
                f"Received: targets from {labels.min()} to {labels.max()}.",
                stacklevel=2,
            )

    def get_config(self):
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }


class CategoricalGeneralizedCrossEntropy(LabelLoss):
    """(1 - p^q) / q, where p is the prediction for the class that a target names: cross-entropy that bears wrong labels.

    Args:
        q: number between 0 (cross-entropy) and 1 (absolute error), both excluded.
        reduction, name, dtype: as in `Loss`.

    Reference:
        Zhang and Sabuncu, Generalized cross entropy loss, 2018. https://arxiv.org/abs/1805.07836
    """

    def __init__(self, q=0.5, reduction="sum_over_batch_size", name="categorical_generalized_cross_entropy",
                 dtype=None):  # fmt: skip
        self.q = checks.number("q", q, 0, 1, open_low=True, open_high=True)
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=self.q)

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        emit(kernels.loss.generalized_crossentropy, y, target, weight, scale, value, dx, self.q)

    def get_config(self):
        return {**Loss.get_config(self), "q": self.q}
