"""Arrays of labels and features."""

import numpy as np

from cycnn.core import checks


def to_categorical(x, num_classes=None, dtype="float64"):
    """Class numbers to rows with a single 1, for `categorical_crossentropy`.

    Args:
        x: Integers from 0 to `num_classes - 1`, of any shape; a last axis of length 1 is dropped.
        num_classes: Positive integer; the largest class number plus 1 where it is `None`.
        dtype: Type of the result.

    Returns:
        Array of the shape of `x` with an axis of length `num_classes` at its end.

    Raises:
        ValueError: If `x` holds something that is not such a number.

    Example:

    ```python
    >>> cycnn.utils.to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]])
    ```
    """
    labels = _integers(x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels.reshape(labels.shape[:-1])
    if num_classes is None:
        if not labels.size:
            raise ValueError(f"`num_classes` must be given where there are no labels. Received: shape={labels.shape}.")
        num_classes = int(labels.max()) + 1
    else:
        num_classes = checks.positive_int("num_classes", num_classes)
    if labels.size and not (labels.min() >= 0 and labels.max() < num_classes):
        raise ValueError(
            f"Class numbers must lie between 0 and {num_classes - 1}. "
            f"Received: numbers from {labels.min()} to {labels.max()}."
        )
    rows = np.zeros((labels.size, num_classes), dtype)
    rows[np.arange(labels.size), labels.reshape(-1)] = 1
    return rows.reshape(*labels.shape, num_classes)


def _integers(x):
    """`x` as int64, refused where that would change a number."""
    x = np.asarray(x)
    if x.dtype.kind in "bi" or (x.dtype.kind == "u" and x.dtype.itemsize < 8):
        return x.astype(np.int64)
    try:
        numbers = x.astype(np.float64, casting="unsafe" if x.dtype.kind in "OSU" else "same_kind")
    except (TypeError, ValueError) as error:
        raise ValueError(f"Class numbers must be integers. Received: {error}.") from None
    if not (np.isfinite(numbers) & (numbers == np.floor(numbers)) & (np.abs(numbers) < 1 << 53)).all():
        raise ValueError(f"Class numbers must be integers. Received: {numbers.reshape(-1)[:5]} ...")
    return numbers.astype(np.int64)


def normalize(x, axis=-1, order=2):
    """Vectors along an axis divided by their norms; a vector of zeros stays as it is.

    Args:
        x: Array.
        axis: Integer.
        order: The norm: 2 Euclidean, 1 sum of absolute values, `numpy.inf` largest one, ...

    Returns:
        A new array.

    Example:

    ```python
    >>> cycnn.utils.normalize([[3.0, 4.0]])
    array([[0.6, 0.8]])
    ```
    """
    x = np.asarray(x)
    norm = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(norm == 0, norm.dtype.type(1), norm)
