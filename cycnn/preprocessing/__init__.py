"""Where programs for Keras look for what prepares data. So far its names only say what to use instead."""

from cycnn.core import checks
from cycnn.preprocessing import image

__all__ = ["image"]


def __getattr__(name):
    raise AttributeError(checks.unknown("module of `cycnn.preprocessing`", name, __all__))
