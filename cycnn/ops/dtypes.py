"""Which type a result has: Keras's rules.

Booleans give way to integers and integers to floats, whatever their widths: int64 and float32 make float32. Among
themselves NumPy's rules hold. Python's numbers are *weak*: an integer takes any number type, a float any floating
point type; alone they are int32 and float32.
"""

import numpy as np

from cycnn.ops.arrays import numbers

FLOAT, INTEGER = np.dtype("float32"), np.dtype("int32")


def as_array(value, dtype=None, what="The value"):
    """The array that a value is. Python's numbers and lists of them become float32 and int32, as in Keras.

    Args:
        value: array-like.
        dtype: type of the result, or None.
        what: for errors, what the value is.
    """
    array = numbers(value, what)
    if dtype is not None:
        return array.astype(standardize(dtype), copy=False)
    if hasattr(value, "dtype") and not isinstance(value, float):  # np.float64 is one of Python's floats
        return array
    if array.dtype == np.float64:
        return array.astype(FLOAT)
    if array.dtype == np.int64 and (array.size == 0 or np.abs(array).max() < 1 << 31):
        return array.astype(INTEGER)
    return array


def standardize(dtype):
    """The `numpy.dtype` that an argument means; None is `float32`.

    Raises:
        ValueError: it is no type of numbers.
    """
    try:
        found = FLOAT if dtype is None else np.dtype({"float": FLOAT, "int": INTEGER}.get(dtype, dtype))
    except TypeError:
        found = None
    if found is None or found.kind not in "fiub":
        raise ValueError(f"`dtype` must name a type of numbers, like 'float32' or 'int32'. Received: dtype={dtype!r}.")
    return found


def is_weak(value):
    """Whether a value is a Python number, whose type gives way to an array's."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def result_type(*values):
    """The type that arrays and Python's numbers are computed in together."""
    strong = [value.dtype if hasattr(value, "dtype") else np.dtype(bool) for value in values if not is_weak(value)]
    floats = [dtype for dtype in strong if dtype.kind == "f"]
    if floats:
        return np.result_type(*floats)
    if any(isinstance(value, float) for value in values):
        return FLOAT
    integers = [dtype for dtype in strong if dtype.kind in "iu"]
    if integers:
        found = np.result_type(*integers)
        return found if found.kind in "iu" else FLOAT  # nothing holds both uint64 and a sign
    return INTEGER if any(is_weak(value) for value in values) else np.dtype(bool)


def promote(*values):
    """Arrays of one type."""
    dtype = result_type(*values)
    return [np.asarray(value).astype(dtype, copy=False) for value in values]


def floating(*values):
    """Arrays of one floating point type: integers and booleans become float32."""
    dtype = result_type(*values)
    dtype = dtype if dtype.kind == "f" else FLOAT
    return [np.asarray(value).astype(dtype, copy=False) for value in values]
