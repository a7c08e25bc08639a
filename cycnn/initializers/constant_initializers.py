"""Initializers that draw nothing."""

import numpy as np

from cycnn.core import registry
from cycnn.initializers.base_initializer import Initializer, standardize


class Zeros(Initializer):
    """All zeros.

    Example:

    ```python
    >>> cycnn.initializers.Zeros()((2, 2)).shape
    (2, 2)
    ```
    """

    def __call__(self, shape, dtype=None):
        return np.zeros(*standardize(shape, dtype))


class Ones(Initializer):
    """All ones.

    Example:

    ```python
    >>> cycnn.initializers.Ones()((2, 2)).sum()
    4.0
    ```
    """

    def __call__(self, shape, dtype=None):
        return np.ones(*standardize(shape, dtype))


class Constant(Initializer):
    """One value everywhere.

    Args:
        value: Number; or an array of the weight's own shape, which is then its beginning.

    Raises:
        ValueError: When called for another shape than that of the array.

    Example:

    ```python
    layer = cycnn.layers.Dense(10, bias_initializer=cycnn.initializers.Constant(0.1))
    ```
    """

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype=None):
        shape, dtype = standardize(shape, dtype)
        if np.ndim(self.value) and np.shape(self.value) != shape:
            raise ValueError(
                f"An initializer that is an array of shape {np.shape(self.value)} gives that shape only. "
                f"Received: shape={shape}."
            )
        return np.full(shape, self.value, dtype)

    def get_config(self):
        return {"value": registry.serialize_keras_object(self.value)}

    @classmethod
    def from_config(cls, config):
        return cls(**{name: registry.deserialize_keras_object(value) for name, value in config.items()})


class Identity(Initializer):
    """The identity matrix times `gain`; for two-dimensional weights.

    Args:
        gain: Number.

    Raises:
        ValueError: When called for a shape that is not two-dimensional.
    """

    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype=None):
        shape, dtype = standardize(shape, dtype)
        if len(shape) != 2:
            raise ValueError(f"Identity gives matrices, so the shape must have two lengths. Received: shape={shape}.")
        return (self.gain * np.eye(*shape)).astype(dtype)

    def get_config(self):
        return {"gain": self.gain}
