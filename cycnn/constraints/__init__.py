"""Projections of weights, applied after each update: `w = constraint(w)`.

    kernel_constraint="max_norm"  →  get  →  MaxNorm(2, axis=0)  →  called by the optimizer's step, on an array

A constraint keeps shape and number type. `axis` says over which axes a norm is taken: 0 for the kernel of a Dense
layer, `[0, 1, 2]` for that of a Conv2D layer, whose filters it then keeps apart.
"""

from cycnn.constraints.constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from cycnn.core import checks
from cycnn.core.registry import Family, serialize_keras_object

max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm
maxnorm, nonneg, unitnorm = MaxNorm, NonNeg, UnitNorm  # as programs of 2016 spell them

_FAMILY = Family(
    "keras.constraints",
    "constraint",
    (MaxNorm, MinMaxNorm, NonNeg, UnitNorm),
    {"maxnorm": MaxNorm, "nonneg": NonNeg, "unitnorm": UnitNorm},
)

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "maxnorm",
    "min_max_norm",
    "non_neg",
    "nonneg",
    "serialize",
    "unit_norm",
    "unitnorm",
]


def get(identifier):
    """The constraint that an argument means.

    Args:
        identifier: A name (`"max_norm"`, `"MaxNorm"`), a config, a constraint or its class, a function of an array, or
            `None`.

    Returns:
        A constraint or callable; `None` for `None`.

    Raises:
        ValueError: If there is no such constraint.
    """
    return _FAMILY.get(identifier)


def serialize(constraint):
    """The config of a constraint."""
    return serialize_keras_object(constraint)


def deserialize(config, custom_objects=None):
    """The constraint of a config, with the user's own classes in `custom_objects`."""
    return _FAMILY.deserialize(config, custom_objects)


def __getattr__(name):
    raise AttributeError(checks.unknown("constraint", name, __all__))


def __dir__():
    return __all__
