"""Labels: numbers of classes, however they are written."""

import numpy as np

from cycnn.core import checks


def classes_of(y, name):
    """The class of each sample.

    Args:
        y: numbers (n,) or (n, 1), probabilities of class 1 (n,) or (n, 1), or probabilities (n, classes), one-hot among
            them.
        name: the argument's name, for the error.

    Returns:
        `(int64 array (n,), probability of each sample's class or None where only numbers are known)`.

    Raises:
        ValueError: something else.
    """
    y = np.asarray(y)
    if y.dtype.kind not in "fiub" or y.ndim not in (1, 2) or not y.size or not np.isfinite(y).all():
        raise checks.refuse(name, "numbers of classes (n,) or probabilities (n, classes)", y)
    if y.ndim == 2 and y.shape[1] > 1:
        chosen = y.argmax(axis=1)
        return chosen, y[np.arange(len(y)), chosen].astype(float)
    y = y.reshape(-1)
    if y.dtype.kind == "f" and (y != np.rint(y)).any():
        if y.min() < 0 or y.max() > 1:
            raise checks.refuse(name, "numbers of classes (n,) or probabilities (n, classes)", y)
        return (y >= 0.5).astype(np.int64), np.maximum(y, 1 - y).astype(float)
    if y.min() < 0:
        raise checks.refuse(name, "numbers of classes from 0 on", y)
    return y.astype(np.int64), None


def names_of(classes, class_names):
    """The names of classes; their numbers where none are given, or too few."""
    if class_names is None:
        return [str(each) for each in classes]
    if isinstance(class_names, dict):
        return [str(class_names.get(int(each), each)) for each in classes]
    return [str(class_names[each]) if 0 <= each < len(class_names) else str(each) for each in classes]
