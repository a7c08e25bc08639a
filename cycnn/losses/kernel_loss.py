"""Losses that are computed by a kernel: value and gradient in one pass over each sample."""

import math

import numpy as np

from cycnn import config, kernels, ops
from cycnn.core import checks
from cycnn.losses.base_loss import Loss, LossFunctionWrapper


class KernelLoss(LossFunctionWrapper):
    """A formula, `fn`, with a kernel that computes the same.

    The kernel trains; the formula is what the loss of arrays and tensors is made of. A leaf says which kernel in `emit`.
    """

    has_kernel = True

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
        if math.prod(y.shape[1:]) == math.prod(wanted) and _without_ones(y.shape[1:]) == _without_ones(wanted):
            return y.reshape(len(y), *wanted)
        raise ValueError(self.mismatch(y, sample))

    def mismatch(self, y, sample):
        """The text of the error about targets that do not fit."""
        hint = ""
        if len(sample) > 1 and y.ndim <= 2:
            hint = " The model's output is a map: is a `Flatten()` (or a global pooling) missing before the last layer?"
        return (
            f"The targets do not fit the model's output for the loss {self.name!r}: expected targets of shape "
            f"(n, {', '.join(map(str, self.target_shape(sample)))}) for outputs of shape "
            f"(n, {', '.join(map(str, sample))}).{hint} Received: targets of shape {y.shape}."
        )

    def call(self, y_true, y_pred):
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if y_pred.ndim > 1:
            if y_true.shape[:1] != y_pred.shape[:1]:
                raise ValueError(
                    "`y_true` and `y_pred` must have the same number of samples. "
                    f"Received: shapes {y_true.shape} and {y_pred.shape}."
                )
            sample = y_pred.shape[1:]
            matched = self.match(np.asarray(y_true), sample)
            if matched.size:
                self.check_values(matched, sample)
            y_true = ops.reshape(y_true, matched.shape)
        return super().call(y_true, y_pred)

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        """Emit the kernel.

        Args:
            emit: the plan's emitter.
            x: the softmax's input, where that is absorbed, and then `y` is written; else None.
            y: the output (rows, columns).
            target: (rows, columns), or (rows,) where `targets` is "int32".
            weight: one number for each sample, or (rows,); or None.
            scale: (1,): 1 / `divisor`.
            value: (rows,), before weighting.
            dx: the gradient of x, or else of y; or None.
        """
        raise NotImplementedError

    def get_config(self):
        return Loss.get_config(self)

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class PointwiseLoss(KernelLoss):
    """A mean over the last axis of terms of one element each."""

    kind: str  # a name in `kernels.loss.POINTWISE`
    label_smoothing = 0.0

    def parameters(self):
        """What the kernel calls a, b, c."""
        return 0.0, 0.0, 0.0

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        loss = kernels.loss
        numbers = loss.POINTWISE[self.kind], self.label_smoothing, config.epsilon(), *self.parameters()
        emit(loss.pointwise, y, target, weight, scale, value, dx, *numbers)


class RowwiseLoss(KernelLoss):
    """A loss of whole rows."""

    kind: str  # a name in `kernels.loss.ROWWISE`
    label_smoothing = 0.0

    def parameters(self):
        """What the kernel calls a, b."""
        return 0.0, 0.0

    def emit(self, emit, x, y, target, weight, scale, value, dx):
        loss = kernels.loss
        numbers = loss.ROWWISE[self.kind], self.label_smoothing, config.epsilon(), *self.parameters()
        emit(loss.rowwise, y, target, weight, scale, value, dx, *numbers)


def _without_ones(shape):
    return tuple(length for length in shape if length != 1)


def axis_number(axis):
    """An axis as an integer."""
    number = checks.as_integer(axis)
    if number is None:
        raise checks.refuse("axis", "an integer", axis)
    return number
