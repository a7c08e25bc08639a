"""cycnn: convolutional networks on the CPU. Keras's words outside, Cython and OpenMP inside.

    config                                       threads, seed, defaults
    kernels                                      HOW: loops over memory, compiled for several instruction sets
    core initializers regularizers constraints   what everything leans on
    engine                                       WHERE and WHEN: graph → plan → executor
    ops activations layers losses metrics optimizers    WHAT
    training models                              fit, evaluate, predict
    datasets utils examples testing

Imports point upwards in this list only. Importing cycnn starts no thread, prints nothing and reads no data; packages
are loaded when they are first used.
"""

import importlib

from cycnn._version import __version__

_PACKAGES = (
    "activations", "config", "constraints", "datasets", "initializers", "kernels", "layers", "losses", "metrics", "models",
    "ops", "optimizers", "regularizers", "testing", "training", "utils",
)  # fmt: skip
_NAMES = {
    "Input": "layers",
    "Layer": "layers",
    "Loss": "losses",
    "Metric": "metrics",
    "Model": "models",
    "Optimizer": "optimizers",
    "Sequential": "models",
    "Variable": "core.variable",
    "callbacks": "training",
    "show_config": "config",
}

__all__ = ["__version__", *_PACKAGES, *_NAMES]


def __getattr__(name):
    if name in _PACKAGES:
        return importlib.import_module(f"cycnn.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(f"cycnn.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'cycnn' has no attribute {name!r}")


def __dir__():
    return __all__
