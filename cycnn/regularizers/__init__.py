"""Penalties on weights that a layer adds to the loss.

    kernel_regularizer="l2"  →  get  →  L2(0.01)  →  .l1, .l2  →  update.regularize: gradient and penalty in one pass

The trainer reads `l1` and `l2` and hands them to the kernel; calling the object gives the penalty of an array as a
float, for reading and for tests.
"""

from cycnn.core import checks
from cycnn.core.registry import Family, serialize_keras_object
from cycnn.regularizers.regularizers import L1, L1L2, L2, OrthogonalRegularizer, Regularizer

l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

_FAMILY = Family(
    "keras.regularizers",
    "regularizer",
    (L1, L2, L1L2, OrthogonalRegularizer),
    {"l1_l2": L1L2},
)

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


def get(identifier):
    """The regularizer that an argument means.

    Args:
        identifier: A name (`"l2"`; `"l1_l2"` means `L1L2(0.01, 0.01)`), a config, a regularizer or its class, a
            function of an array, or `None`.

    Returns:
        A regularizer or callable; `None` for `None`.

    Raises:
        ValueError: If there is no such regularizer.
    """
    # A bare L1L2() weighs nothing; whoever writes "l1_l2" wants both, at the strength that "l1" and "l2" have.
    return L1L2(0.01, 0.01) if isinstance(identifier, str) and identifier == "l1_l2" else _FAMILY.get(identifier)


def serialize(regularizer):
    """The config of a regularizer."""
    return serialize_keras_object(regularizer)


def deserialize(config, custom_objects=None):
    """The regularizer of a config, with the user's own classes in `custom_objects`."""
    return _FAMILY.deserialize(config, custom_objects)


def __getattr__(name):
    raise AttributeError(checks.unknown("regularizer", name, __all__))


def __dir__():
    return __all__
