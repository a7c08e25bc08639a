"""TensorSpec: the shape and type of a value that does not exist yet."""

import math
from typing import NamedTuple

ITEMSIZE = {
    "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "uint64": 8,
    "float16": 2, "float32": 4, "float64": 8,
}  # fmt: skip


class TensorSpec(NamedTuple):
    """Shape and dtype. The first axis counts samples and is `None` until a plan gives it a capacity."""

    shape: tuple
    dtype: str = "float32"

    @property
    def sample(self):
        """Shape of one sample."""
        return self.shape[1:]

    @property
    def size(self):
        """Elements of one sample."""
        return math.prod(self.shape[1:])
