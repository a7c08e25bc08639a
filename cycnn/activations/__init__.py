"""Activation functions, by name or as functions.

Each takes a symbolic tensor (and records one operation) or an array (and computes at once):

    layers.Dense(64, activation="relu")  →  get  →  relu  →  relu(symbolic)  →  Elementwise("relu"), fused into the product
"""

from cycnn.activations.activations import (
    celu,
    elu,
    exponential,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from cycnn.core import checks
from cycnn.core.registry import Family, serialize_keras_object

swish, hard_swish = silu, hard_silu

_FAMILY = Family(
    "keras.activations",
    "activation",
    (
        celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh, leaky_relu, linear,
        log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu, soft_shrink, softmax, softplus, softsign,
        sparse_plus, sparse_sigmoid, sparsemax, squareplus, tanh, tanh_shrink, threshold,
    ),
    {"swish": silu, "hard_swish": hard_silu},
)  # fmt: skip

__all__ = [
    "celu", "deserialize", "elu", "exponential", "gelu", "get", "glu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6",
    "selu", "serialize", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus",
    "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold",
]  # fmt: skip


def get(identifier):
    """The activation that an argument means.

    Args:
        identifier: A name (`"relu"`), a function or layer, a config, or None for `linear`.

    Raises:
        ValueError: there is no such activation.
    """
    return linear if identifier is None else _FAMILY.get(identifier)


def serialize(activation):
    """The config of an activation: the name of one of Keras's; of a function of one's own, where to find it."""
    config = serialize_keras_object(activation)
    if isinstance(config, dict) and config.get("class_name") == "function" and config["config"] in _FAMILY.objects:
        return config["config"]
    return activation.__name__ if activation in _FAMILY.objects.values() else config


def deserialize(config, custom_objects=None):
    """The activation of a config."""
    return (
        get(config) if isinstance(config, str) and not custom_objects else _FAMILY.deserialize(config, custom_objects)
    )


def __getattr__(name):
    raise AttributeError(checks.unknown("activation", name, __all__))


def __dir__():
    return __all__
