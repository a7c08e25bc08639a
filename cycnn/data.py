"""Datasets under the names of `tf.data`, for programs that use it beside `tf.keras`: `data.Dataset`, `data.AUTOTUNE`."""

from cycnn.core import checks
from cycnn.training.data.dataset import AUTOTUNE, Dataset

__all__ = ["AUTOTUNE", "Dataset"]


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.data`", name, __all__))


def __dir__():
    return __all__
