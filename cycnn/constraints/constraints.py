"""The constraints."""

import numpy as np

from cycnn import config as settings
from cycnn.core import registry


@registry.export("keras.constraints")
class Constraint:
    """Base class of constraints: a subclass writes `__call__(w)`, and `get_config` if it has arguments."""

    def __call__(self, w):
        """The weight as it may be: an array like `w`, which is not changed."""
        return w

    def get_config(self):
        """The arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config):
        """The constraint of a config."""
        return cls(**config)


class NonNeg(Constraint):
    """Negative weights become 0."""

    def __call__(self, w):
        return np.maximum(w, 0)


class MinMaxNorm(Constraint):
    """Keeps norms between two bounds.

    `w · ((1 - rate) · norm + rate · clip(norm, min_value, max_value)) / norm`

    Args:
        min_value: Number.
        max_value: Number.
        rate: Number; with 1 the bounds hold at once, below it weights move towards them at every step.
        axis: Axis, or list of axes, over which a norm is taken.
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w):
        w = np.asarray(w)
        norm = _norm(w, self.axis)
        wanted = self.rate * np.clip(norm, self.min_value, self.max_value) + (1 - self.rate) * norm
        return w * (wanted / (settings.epsilon() + norm))

    def get_config(self):
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


class MaxNorm(Constraint):
    """Scales down what has a norm above a bound.

    Args:
        max_value: Number.
        axis: Axis, or list of axes, over which a norm is taken.
    """

    def __init__(self, max_value=2, axis=0):
        self.max_value, self.axis = max_value, axis

    def __call__(self, w):
        w = np.asarray(w)
        norm = _norm(w, self.axis)
        return w * (np.clip(norm, 0, self.max_value) / (settings.epsilon() + norm))

    def get_config(self):
        return {"max_value": self.max_value, "axis": self.axis}


class UnitNorm(Constraint):
    """Scales every norm to 1.

    Args:
        axis: Axis, or list of axes, over which a norm is taken.
    """

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        w = np.asarray(w)
        return w / (settings.epsilon() + _norm(w, self.axis))

    def get_config(self):
        return {"axis": self.axis}


def _norm(w, axis):
    return np.sqrt(np.square(w).sum(axis=tuple(axis) if isinstance(axis, (list, tuple)) else axis, keepdims=True))
