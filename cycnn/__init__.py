"""cycnn: convolutional networks on the CPU. Keras's words outside, Cython and OpenMP inside.

    config                                       threads, seed, defaults
    kernels                                      HOW: loops over memory, compiled for several instruction sets
    core initializers regularizers constraints   what everything leans on
    engine                                       WHERE and WHEN: graph → plan → executor
    ops activations random backend               functions of arrays and tensors
    layers losses metrics optimizers             WHAT
    saving onnx callbacks training models        files; fit, evaluate, predict
    applications data datasets preprocessing utils visualization wrappers examples testing

Imports point upwards in this list only. Importing cycnn starts no thread, prints nothing and reads no data; packages
are loaded when they are first used.
"""

import importlib

from cycnn._version import __version__

_PACKAGES = (
    "activations", "applications", "backend", "callbacks", "config", "constraints", "data", "datasets",
    "dtype_policies", "initializers", "kernels", "layers", "losses", "metrics", "mixed_precision", "models", "ops",
    "optimizers", "preprocessing", "random", "regularizers", "saving", "testing", "training", "tree", "utils",
    "visualization", "wrappers",
)  # fmt: skip
_NAMES = {
    "DTypePolicy": ("config", "DTypePolicy"),
    "FloatDTypePolicy": ("dtype_policies", "FloatDTypePolicy"),
    "Function": ("models.function", "Function"),
    "GradientTape": ("ops.gradient_tape", "GradientTape"),
    "Initializer": ("initializers", "Initializer"),
    "Input": ("layers", "Input"),
    "InputSpec": ("layers", "InputSpec"),
    "KerasTensor": ("engine.graph", "SymbolicTensor"),
    "Layer": ("layers", "Layer"),
    "Loss": ("losses", "Loss"),
    "Metric": ("metrics", "Metric"),
    "Model": ("models", "Model"),
    "Operation": ("models.function", "Operation"),
    "Optimizer": ("optimizers", "Optimizer"),
    "Regularizer": ("regularizers", "Regularizer"),
    "RematScope": ("utils.rematerialization", "RematScope"),
    "Sequential": ("models", "Sequential"),
    "Variable": ("core.variable", "Variable"),
    "device": ("utils.scopes", "device"),
    "from_onnx": ("models", "from_onnx"),
    "gradients": ("ops.gradients", "gradients"),
    "name_scope": ("utils.scopes", "name_scope"),
    "remat": ("utils.rematerialization", "remat"),
    "show_config": ("config", "show_config"),
    "version": ("utils.scopes", "version"),
}

# Keras has them, cycnn has not.
_ABSENT = {
    "Quantizer": "everything is computed in float32, and nothing is quantized",
    "StatelessScope": "weights have one place for life, which plans know; `ops.vjp` and `GradientTape` differentiate, and "
    "`model.set_weights` gives a model other weights",
    "SymbolicScope": "what a layer makes of shapes is `layer.compute_output_shape`, or `layer(Input(shape))`",
    "distillation": "a `train_step` of one's own trains a model on what another one says",
    "distribution": "one process computes on one CPU, with as many threads as `config.set_num_threads` says",
    "export": "`model.export('model.onnx')` writes a model for other runtimes",
    "quantizers": "everything is computed in float32, and nothing is quantized",
}

__all__ = ["__version__", *_PACKAGES, *_NAMES]


def __getattr__(name):
    if name in _PACKAGES:
        return importlib.import_module(f"cycnn.{name}")
    if name in _NAMES:
        module, own = _NAMES[name]
        return getattr(importlib.import_module(f"cycnn.{module}"), own)
    if name == "keras":  # for programs that say `tf.keras.layers.Dense`: `import cycnn as tf`
        return importlib.import_module("cycnn")
    if name.startswith("__"):
        raise AttributeError(f"module 'cycnn' has no attribute {name!r}")
    from cycnn.core import checks

    if name in _ABSENT:  # an AttributeError would lose its text in `from cycnn import StatelessScope`
        raise ImportError(f"cycnn has no `{name}`: {_ABSENT[name]}.")
    words = importlib.import_module("cycnn.tensorflow")
    if name in words.__all__:  # `tf.reduce_mean`
        return getattr(words, name)
    raise AttributeError(checks.unknown("name in `cycnn`", name, __all__))


def __dir__():
    return __all__
