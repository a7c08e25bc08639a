"""One data set → two."""

import random

import numpy as np

from cycnn.core import checks
from cycnn.training.data.dataset import Dataset


def split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None):
    """Split samples into a left and a right part, to train and to test with, say.

    Args:
        dataset: Array; list or tuple of arrays of the same length; or a `utils.Dataset`, whose samples are all read into
            memory, or the batches of which `batch` has made the samples.
        left_size: Of the left part: a float between 0 and 1 is the share of the samples, an integer their number; `None`:
            what the right part leaves.
        right_size: Of the right part.
        shuffle: Whether the samples are shuffled first.
        seed: Integer, of the order. For the same seed, the parts are those of Keras on TensorFlow.
        preferred_backend: Accepted for Keras's sake.

    Returns:
        `(left, right)`, two datasets of samples; of batches, if `dataset` is one whose last step is `batch`.

    Raises:
        TypeError: If `dataset` is something else.
        ValueError: If the sizes do not fit the number of samples.

    Example:

    ```python
    left, right = cycnn.utils.split_dataset((x, y), left_size=0.8, shuffle=True, seed=0)
    model.fit(left.batch(32), validation_data=right.batch(32))
    ```
    """
    batch_size = None
    if isinstance(dataset, Dataset):
        batch_size = dataset.batch_size
        samples = list((dataset if batch_size is None else dataset.unbatch()).as_numpy_iterator())
    elif isinstance(dataset, (np.ndarray, list, tuple)):
        parts = tuple(map(np.asarray, dataset)) if isinstance(dataset, (list, tuple)) else dataset
        samples = list(Dataset.from_tensor_slices(parts).as_numpy_iterator())
    else:
        raise TypeError(
            f"`dataset` must be an array, a list or tuple of arrays, or a Dataset. Received: {checks.short(dataset)}."
        )
    left, right = _sizes(left_size, right_size, len(samples))
    if shuffle:
        random.Random(seed).shuffle(samples)
    halves = _dataset(samples[:left]), _dataset(samples[len(samples) - right :])
    return halves if batch_size is None else tuple(half.batch(batch_size) for half in halves)


def _dataset(samples):
    return Dataset(lambda: iter(samples), len(samples))


def _sizes(left, right, total):
    """The number of samples of each part."""
    if left is None and right is None:
        raise ValueError("One of `left_size` and `right_size` must be given. Received: None for both.")
    left, right = _size("left_size", left, total), _size("right_size", right, total)
    left = total - right if left is None else left
    right = total - left if right is None else right
    if not (left > 0 and right > 0 and left + right <= total):
        raise ValueError(
            f"Both parts must hold samples, together at most the {total} there are. Received: {left} and {right} samples."
        )
    return left, right


def _size(name, value, total):
    if value is None:
        return None
    if isinstance(value, float):
        return round(checks.number(name, value, 0, 1, open_low=True, open_high=True) * total)
    number = checks.as_integer(value)
    if number is None:
        raise TypeError(f"`{name}` must be an integer or a float. Received: {name}={checks.short(value)}.")
    return number
