"""Hinges: how far predictions are from the right side of a margin."""

from cycnn import losses
from cycnn.metrics.reduction_metrics import MeanOfFunction


class Hinge(MeanOfFunction):
    """The mean of max(1 - t p, 0), for targets -1 and 1, or 0 and 1, which mean the same.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.Hinge()([[0, 1], [0, 0]], [[0.5, 0.5], [0.5, 0.75]])
    1.3125
    ```
    """

    _direction = "down"

    def __init__(self, name="hinge", dtype=None):
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(MeanOfFunction):
    """The mean of max(1 - t p, 0)², for targets -1 and 1, or 0 and 1, which mean the same.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.SquaredHinge()([[0, 1], [0, 0]], [[0.5, 0.5], [0.5, 0.75]])
    1.953125
    ```
    """

    _direction = "down"

    def __init__(self, name="squared_hinge", dtype=None):
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(MeanOfFunction):
    """The mean of max(1 + max((1 - t) p) - Σ t p, 0), for one-hot targets.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> cycnn.metrics.CategoricalHinge()([[0, 1], [0, 0]], [[0.5, 0.5], [0.5, 0.75]])
    1.375
    ```
    """

    _direction = "down"

    def __init__(self, name="categorical_hinge", dtype=None):
        super().__init__(losses.categorical_hinge, name, dtype)
