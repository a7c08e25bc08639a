"""The arrays of a batch: targets beside predictions, weights beside values."""

import numpy as np

from cycnn.ops.arrays import numbers


def pair(y_true, y_pred):
    """Targets and predictions as arrays of one shape, the targets in the type of the predictions where that is a float.

    Raises:
        ValueError: One of them is no array of numbers, or their shapes differ by more than a last axis of length 1.
    """
    y_true, y_pred = same_rank(numbers(y_true, "`y_true`"), numbers(y_pred, "`y_pred`"))
    check_shapes(y_true.shape, y_pred.shape, y_true, y_pred)
    if y_pred.dtype.kind == "f" and y_true.dtype != y_pred.dtype:
        y_true = y_true.astype(y_pred.dtype)
    return y_true, y_pred


def floats(y_true, y_pred):
    """`pair` in float64."""
    y_true, y_pred = pair(y_true, y_pred)
    return y_true.astype(np.float64), y_pred.astype(np.float64)


def same_rank(a, b):
    """Both arrays, one of them with a last axis of length 1 more or less: (n,) beside (n, 1) is (n, 1) beside (n, 1)."""
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, b[:, None]) if b.ndim == 1 else (a[..., 0], b)
    if b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        return (a[:, None], b) if a.ndim == 1 else (a, b[..., 0])
    return a, b


def check_shapes(wanted, found, y_true, y_pred):
    """Refuse targets and predictions that do not fit each other."""
    if wanted != found:
        raise ValueError(
            "`y_true` and `y_pred` must fit each other. "
            f"Received: y_true of shape {y_true.shape} and y_pred of shape {y_pred.shape}."
        )


def spread(sample_weight, shape):
    """Weights for values of this shape: one number for all, one a sample, or one a position, as float64.

    Raises:
        ValueError: They do not fit.
    """
    weight = np.asarray(sample_weight, np.float64)
    if weight.ndim == len(shape) + 1 and weight.shape[-1] == 1:
        weight = weight[..., 0]
    return broadcast(weight.reshape(weight.shape + (1,) * (len(shape) - weight.ndim)), shape, sample_weight)


def broadcast(weight, shape, sample_weight):
    """`np.broadcast_to`, with an error in the user's words."""
    try:
        return np.broadcast_to(weight, shape)
    except ValueError:
        raise ValueError(
            f"`sample_weight` must have one number per sample or position of values of shape {tuple(shape)}. "
            f"Received: sample_weight of shape {np.shape(sample_weight)}."
        ) from None


def divide(a, b):
    """a / b, and 0 where b is 0."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape)), where=b != 0)
