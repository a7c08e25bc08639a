"""The regularizers."""

import numpy as np

from cycnn.core import checks, registry


@registry.export("keras.regularizers")
class Regularizer:
    """Base class of regularizers: a subclass writes `__call__(x)`, the penalty of a weight, and `get_config`."""

    def __call__(self, x):
        """The penalty of an array, a number."""
        return 0.0

    def get_config(self):
        """The arguments of the constructor."""
        raise NotImplementedError(f"{type(self).__name__} must implement `get_config()` to be saved.")

    @classmethod
    def from_config(cls, config):
        """The regularizer of a config."""
        return cls(**config)


class L1L2(Regularizer):
    """`l1 · sum |x| + l2 · sum x²`.

    Args:
        l1: Number of at least 0; `None` means 0.
        l2: Number of at least 0; `None` means 0.

    Raises:
        ValueError: If one is negative or not finite.

    Example:

    ```python
    >>> cycnn.regularizers.L1L2(l1=0.5, l2=0.25)(np.array([-2.0, 1.0]))
    2.75
    ```
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = checks.number("l1", 0.0 if l1 is None else l1, 0)
        self.l2 = checks.number("l2", 0.0 if l2 is None else l2, 0)

    def __call__(self, x):
        """The penalty of an array, a number; of what a tape or a graph watches, a tensor."""
        watched = hasattr(x, "__array_ufunc__") and not isinstance(x, (np.ndarray, np.generic))
        x = x if watched else np.asarray(x, np.float64)
        penalty = 0.0
        if self.l1:  # a factor of 0 switches its term off, also where the sum is infinite
            penalty = penalty + np.sum(np.abs(x)) * self.l1
        if self.l2:
            penalty = penalty + np.sum(np.square(x)) * self.l2
        return penalty if watched else float(penalty)

    def value_and_gradient(self, x):
        """The penalty of an array, and its gradient."""
        x = np.asarray(x)
        gradient = np.zeros_like(x)
        if self.l1:
            gradient += np.float32(self.l1) * np.sign(x)
        if self.l2:
            gradient += np.float32(2 * self.l2) * x
        return self(x), gradient

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """`l1 · sum |x|`.

    Args:
        l1: Number of at least 0; `None` means 0.01.
    """

    def __init__(self, l1=0.01):
        super().__init__(l1=0.01 if l1 is None else l1)

    def get_config(self):
        return {"l1": self.l1}


class L2(L1L2):
    """`l2 · sum x²`.

    Args:
        l2: Number of at least 0; `None` means 0.01.
    """

    def __init__(self, l2=0.01):
        super().__init__(l2=0.01 if l2 is None else l2)

    def get_config(self):
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Draws the rows (or columns) of a matrix towards being orthogonal.

    `factor · mean |a · b|` over all pairs of different rows a, b, each scaled to length 1.

    Args:
        factor: Number of at least 0.
        mode: `"rows"` or `"columns"`.

    Raises:
        ValueError: For other arguments, or when called for an array that is not two-dimensional.
    """

    def __init__(self, factor=0.01, mode="rows"):
        self.factor = checks.number("factor", factor, 0)
        self.mode = checks.one_of("mode", mode, ("rows", "columns"))

    def __call__(self, x):
        return self.value_and_gradient(x)[0]

    def value_and_gradient(self, x):
        """The penalty of a matrix, and its gradient."""
        x = np.asarray(x, np.float64)
        if x.ndim != 2:
            raise ValueError(f"OrthogonalRegularizer needs a matrix. Received: shape={x.shape}.")
        rows = x if self.mode == "rows" else x.T
        lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        unit = rows / lengths
        products = np.triu(unit @ unit.T, 1)
        pairs = len(rows) * (len(rows) - 1) / 2
        factor = self.factor / pairs if pairs else 0.0
        signs = np.sign(products)
        d_unit = factor * (signs + signs.T) @ unit
        gradient = (d_unit - unit * (unit * d_unit).sum(axis=1, keepdims=True)) / lengths
        return float(factor * np.abs(products).sum()), gradient if self.mode == "rows" else gradient.T

    def get_config(self):
        return {"factor": self.factor, "mode": self.mode}
