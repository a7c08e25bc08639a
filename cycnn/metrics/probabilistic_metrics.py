"""How much predicted distributions differ from the targets'."""

from cycnn import losses
from cycnn.metrics.reduction_metrics import MeanOfFunction


class KLDivergence(MeanOfFunction):
    """The mean of Σ t log(t / p), the Kullback-Leibler divergence.

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> round(cycnn.metrics.KLDivergence()([[0, 1], [0, 0]], [[0.5, 0.5], [0.5, 0.5]]), 5)
    0.34657
    ```
    """

    _direction = "down"

    def __init__(self, name="kl_divergence", dtype=None):
        super().__init__(losses.kl_divergence, name, dtype)


class Poisson(MeanOfFunction):
    """The mean of p - t log(p).

    Args:
        name: String.
        dtype: String.

    Example:

    ```python
    >>> round(cycnn.metrics.Poisson()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 5)
    0.5
    ```
    """

    _direction = "down"

    def __init__(self, name="poisson", dtype=None):
        super().__init__(losses.poisson, name, dtype)


class BinaryCrossentropy(MeanOfFunction):
    """The mean of -t log(p) - (1 - t) log(1 - p).

    Args:
        name: String.
        dtype: String.
        from_logits: Boolean: whether predictions still have to go through a sigmoid.
        label_smoothing: Number within [0, 1]: the share of each target that is moved to one half.

    Example:

    ```python
    >>> round(cycnn.metrics.BinaryCrossentropy()([[0, 1], [0, 0]], [[0.5, 0.5], [0.5, 0.5]]), 5)
    0.69315
    ```
    """

    _direction = "down"

    def __init__(self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0):
        super().__init__(
            losses.binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class CategoricalCrossentropy(MeanOfFunction):
    """The mean of -Σ t log(p), for one-hot targets or probabilities.

    Args:
        name: String.
        dtype: String.
        from_logits: Boolean: whether predictions still have to go through a softmax.
        label_smoothing: Number within [0, 1]: the share of each target that is spread over all classes.
        axis: Integer: where the classes are.

    Example:

    ```python
    >>> round(cycnn.metrics.CategoricalCrossentropy()([[0, 1], [1, 0]], [[0.5, 0.5], [0.25, 0.75]]), 5)
    1.03972
    ```
    """

    _direction = "down"

    def __init__(self, name="categorical_crossentropy", dtype=None, from_logits=False, label_smoothing=0, axis=-1):
        super().__init__(
            losses.categorical_crossentropy, name, dtype,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class SparseCategoricalCrossentropy(MeanOfFunction):
    """The mean of -log(p[t]), for targets that are class numbers.

    Args:
        name: String.
        dtype: String.
        from_logits: Boolean: whether predictions still have to go through a softmax.
        ignore_class: Integer: samples with this target count as 0.
        axis: Integer: where the classes are.

    Example:

    ```python
    >>> round(cycnn.metrics.SparseCategoricalCrossentropy()([1, 0], [[0.5, 0.5], [0.25, 0.75]]), 5)
    1.03972
    ```
    """

    _direction = "down"

    def __init__(
        self, name="sparse_categorical_crossentropy", dtype=None, from_logits=False, ignore_class=None, axis=-1
    ):
        super().__init__(
            losses.sparse_categorical_crossentropy, name, dtype,
            from_logits=from_logits, ignore_class=ignore_class, axis=axis,
        )  # fmt: skip
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis
