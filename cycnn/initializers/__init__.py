"""How weights begin: all of Keras 3's initializers, with exactly its distributions.

A layer holds one per weight and calls it once, in `build`: `initializer(shape)` gives a float32 array.

    kernel_initializer="he_normal"  →  get  →  HeNormal()  →  (3, 3, 16, 32)  →  array
                                                  └ fan_in = 3·3·16: VarianceScaling does the work for the named ones

An initializer with an integer seed (or one that was drawn for it, where none was given) returns the same values at
every call; one with a `SeedGenerator` returns new ones.
"""

import numpy as np

from cycnn.core import checks
from cycnn.core.registry import Family, serialize_keras_object
from cycnn.initializers.base_initializer import Initializer
from cycnn.initializers.constant_initializers import Constant, Identity, Ones, Zeros
from cycnn.initializers.random_initializers import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)

zeros, ones, constant, identity, orthogonal = Zeros, Ones, Constant, Identity, Orthogonal
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
glorot_normal, glorot_uniform, he_normal, he_uniform = GlorotNormal, GlorotUniform, HeNormal, HeUniform
lecun_normal, lecun_uniform, variance_scaling = LecunNormal, LecunUniform, VarianceScaling
IdentityInitializer, OrthogonalInitializer = Identity, Orthogonal

_FAMILY = Family(
    "keras.initializers",
    "initializer",
    (
        Constant,
        GlorotNormal,
        GlorotUniform,
        HeNormal,
        HeUniform,
        Identity,
        LecunNormal,
        LecunUniform,
        Ones,
        Orthogonal,
        RandomNormal,
        RandomUniform,
        TruncatedNormal,
        VarianceScaling,
        Zeros,
    ),
    {
        "IdentityInitializer": Identity,
        "OrthogonalInitializer": Orthogonal,
        "normal": RandomNormal,
        "one": Ones,
        "uniform": RandomUniform,
        "zero": Zeros,
    },
)

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]


def get(identifier):
    """The initializer that an argument means.

    Args:
        identifier: A name (`"he_normal"`, `"HeNormal"`), a config, an initializer or its class, a function
            `(shape, dtype=None)`, an array that holds the values themselves, or `None`.

    Returns:
        An initializer or callable; `None` for `None`.

    Raises:
        ValueError: If there is no such initializer.
    """
    return Constant(identifier) if isinstance(identifier, (np.ndarray, np.generic)) else _FAMILY.get(identifier)


def serialize(initializer):
    """The config of an initializer."""
    return serialize_keras_object(initializer)


def deserialize(config, custom_objects=None):
    """The initializer of a config, with the user's own classes in `custom_objects`."""
    return _FAMILY.deserialize(config, custom_objects)


def __getattr__(name):
    raise AttributeError(checks.unknown("initializer", name, __all__))


def __dir__():
    return __all__
