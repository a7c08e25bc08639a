"""What users pass as arrays."""

import numpy as np


def numbers(value, what):
    """A numeric array: of floats, integers or booleans. Nothing is cast.

    Args:
        value: array-like, or anything with a method `numpy()`.
        what: the argument or layer, for the error.

    Raises:
        ValueError: it holds something else, or rows of different lengths.
    """
    if value is None:
        raise ValueError(f"{what} must be an array of numbers. Received: None.")
    try:
        array = value.numpy() if hasattr(value, "numpy") and not isinstance(value, np.ndarray) else np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{what} must be an array whose rows have equal lengths. Received: a {type(value).__name__} ({error})."
        ) from None
    if array.dtype == object:
        raise ValueError(
            f"{what} must be an array of numbers. Received: an array of Python objects (dtype=object), as NumPy makes it "
            "of rows with different lengths or of mixed types."
        )
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{what} must be an array of numbers. Received: an array of dtype {array.dtype}.")
    return array
