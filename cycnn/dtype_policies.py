"""What layers compute in and keep weights in: float32, here. Programs may say so; other policies are refused."""

from cycnn.config import DTypePolicy, dtype_policy
from cycnn.core import checks
from cycnn.core.registry import deserialize_keras_object, export, serialize_keras_object

FloatDTypePolicy = export("keras", "FloatDTypePolicy")(DTypePolicy)

__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]


def get(identifier):
    """The policy that an argument means: a name, a config, a policy, or None: the global one."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    return deserialize(identifier) if isinstance(identifier, dict) else DTypePolicy(identifier)


def serialize(dtype_policy):
    """The config of a policy."""
    return serialize_keras_object(dtype_policy)


def deserialize(config, custom_objects=None):
    """The policy of a config."""
    return deserialize_keras_object(config, custom_objects)


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.dtype_policies`", name, __all__))


def __dir__():
    return __all__
