"""Arrays as ONNX's tensors, and back."""

import math
import sys

import numpy as np

from cycnn.onnx.wire import Damaged

# ONNX's number of a type -> NumPy's name, and the field that holds such numbers if not `raw_data`.
DTYPES = {
    1: ("float32", "float_data"), 2: ("uint8", "int32_data"), 3: ("int8", "int32_data"), 4: ("uint16", "int32_data"),
    5: ("int16", "int32_data"), 6: ("int32", "int32_data"), 7: ("int64", "int64_data"), 9: ("bool", "int32_data"),
    10: ("float16", None), 11: ("float64", "double_data"), 12: ("uint32", None), 13: ("uint64", None),
}  # fmt: skip
NUMBERS = {dtype: number for number, (dtype, _) in DTYPES.items()}
EXTERNAL = 1  # data_location


def write(name, array):
    """The message of an array; its memory is shared."""
    array = np.ascontiguousarray(array)
    if sys.byteorder == "big":
        array = array.byteswap()
    data = array.reshape(-1).view(np.uint8).data
    return {"dims": array.shape, "data_type": NUMBERS[array.dtype.name], "name": name, "raw_data": data}


def read(tensor):
    """The array of a message.

    Raises:
        Damaged: the message is not one of an array that we know.
    """
    what = f"the tensor {tensor.name!r}"
    if tensor.data_location == EXTERNAL:
        raise Damaged(f"{what} lies in another file; save the model as one file (`external_data=False`)")
    if tensor.data_type not in DTYPES:
        raise Damaged(f"{what} has the type {tensor.data_type}, which is none of those with a NumPy name")
    dtype, field = DTYPES[tensor.data_type]
    if any(length < 0 for length in tensor.dims):
        raise Damaged(f"{what} has the shape {tensor.dims}")
    if len(tensor.raw_data):
        size = np.dtype(dtype).itemsize
        if len(tensor.raw_data) % size:
            raise Damaged(f"{what} has {len(tensor.raw_data)} bytes of {dtype}")
        values = np.frombuffer(tensor.raw_data, np.dtype(dtype).newbyteorder("<")).astype(dtype)
    else:
        values = np.array(getattr(tensor, field) if field else [], dtype)
    if values.size != math.prod(tensor.dims):
        raise Damaged(f"{what} of shape {tuple(tensor.dims)} has {values.size} numbers")
    return values.reshape(tensor.dims)
