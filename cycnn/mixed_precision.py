"""Keras's older names of `config.dtype_policy` and its like; the one policy is float32."""

from cycnn.config import DTypePolicy, dtype_policy, set_dtype_policy
from cycnn.core import checks
from cycnn.optimizers import LossScaleOptimizer

Policy, global_policy, set_global_policy = DTypePolicy, dtype_policy, set_dtype_policy

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.mixed_precision`", name, __all__))


def __dir__():
    return __all__
