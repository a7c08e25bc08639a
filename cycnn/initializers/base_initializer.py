"""What all initializers share."""

import numpy as np

from cycnn import config as settings
from cycnn.core import registry


@registry.export("keras.initializers")
class Initializer:
    """Base class of initializers: a subclass writes `__call__`, and `get_config` if it has arguments.

    Example:

    ```python
    class Half(cycnn.initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return np.full(shape, 0.5, dtype)
    ```
    """

    def __call__(self, shape, dtype=None):
        """The values.

        Args:
            shape: Tuple of integers.
            dtype: A NumPy type or its name; float32 where it is `None`.

        Returns:
            A new array.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement `__call__(shape, dtype=None)`.")

    def get_config(self):
        """The arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config):
        """The initializer of a config."""
        return cls(**config)

    def clone(self):
        """Another initializer with the same config."""
        return type(self).from_config(self.get_config())


def standardize(shape, dtype):
    """`(shape, dtype)` as a tuple of integers and a `numpy.dtype`."""
    return tuple(map(int, shape)), np.dtype(dtype or settings.floatx())
