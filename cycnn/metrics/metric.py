"""The base of metrics, and the numbers they return."""

import numpy as np

from cycnn import initializers
from cycnn.core import names
from cycnn.core.array import Array
from cycnn.core.variable import Variable

SUMS = "float64"  # of the variables that built-in metrics add up in: float32 stands still at 2**24 samples


class Scalar(float):
    """A result: a float, for programs that ask it for `.numpy()` too."""

    def numpy(self):
        return np.float32(self)


def value(result):
    """What a metric's `result()` returns, of a number or an array."""
    single = isinstance(result, float) or np.ndim(result) == 0
    return Scalar(result) if single else np.asarray(result, np.float32).view(Array)


class Metric:
    """Base of metrics.

    A subclass makes its variables in `__init__`, adds a batch to them in `update_state(y_true, y_pred,
    sample_weight=None)` and computes a number, or a dictionary of numbers, from them in `result()`.

    Args:
        dtype: String: the type of what is computed; `"float32"` where it is `None`.
        name: String: the metric's name in logs; made from the name of the class where it is `None`.

    Example:

    ```python
    class Hits(cycnn.metrics.Metric):
        def __init__(self, name="hits", **kwargs):
            super().__init__(name=name, **kwargs)
            self.count = self.add_variable(shape=(), initializer="zeros", name="count")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.count.assign_add(ops.sum(y_true == ops.argmax(y_pred, axis=-1)))

        def result(self):
            return self.count
    ```
    """

    def __init__(self, dtype=None, name=None):
        self.name = name or names.auto_name(type(self).__name__)
        self.dtype = "float32" if dtype is None else dtype if isinstance(dtype, str) else np.dtype(dtype).name
        self._variables = []

    def add_variable(self, shape, initializer, dtype=None, aggregation="sum", name=None):
        """A variable of this metric: a number or an array that batches are added to.

        Args:
            shape: Tuple of integers; `()` for a number.
            initializer: As for a layer's weight: a name, an `Initializer` or a function; zeros where it is `None`.
            dtype: String; `"float32"` where it is `None`.
            aggregation: Accepted, and without effect: there are no replicas to join.
            name: String.

        Returns:
            A variable with `assign`, `assign_add`, `assign_sub`, `numpy` and arithmetic. Its values at this moment are
            those that `reset_state` restores.

        Raises:
            RuntimeError: If `super().__init__()` has not been called.
        """
        if "_variables" not in vars(self):
            raise RuntimeError(
                f"`super().__init__()` must be called before variables are made. Received: {type(self).__name__} "
                f"without it, and the variable {name!r}."
            )
        dtype = dtype or "float32"
        values = initializers.get("zeros" if initializer is None else initializer)(tuple(shape), dtype=dtype)
        name = name or "variable"
        path = f"{self.name.replace('/', '>')}/{name}"
        variable = Variable(values, name=name, trainable=False, dtype=dtype, path=path)
        self._variables.append((variable, variable.numpy()))
        return variable

    def add_weight(self, shape=(), initializer=None, dtype=None, name=None):
        """`add_variable` by its older name."""
        return self.add_variable(shape, initializer, dtype=dtype, name=name)

    @property
    def variables(self):
        """The variables, in the order they were made; then those of the metrics among the attributes."""
        return [variable for variable, _ in self._variables] + [v for m in self._parts() for v in m.variables]

    def _parts(self):
        """Metrics that are attributes of this one, or stand in lists that are."""
        for held in vars(self).values():
            yield from (m for m in (held if isinstance(held, (list, tuple)) else [held]) if isinstance(m, Metric))

    def reset_state(self):
        """Forget all batches: every variable gets its first values again."""
        for variable, first in self._variables:
            variable.assign(first)
        for metric in self._parts():
            metric.reset_state()

    def reset_states(self):
        """`reset_state` by its older name."""
        self.reset_state()

    def update_state(self, *args, **kwargs):
        """Add a batch."""
        raise NotImplementedError

    def result(self):
        """The value over all batches since the last reset."""
        raise NotImplementedError

    def __call__(self, *args, **kwargs):
        """Add a batch and return the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"
