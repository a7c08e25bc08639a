"""Layers say WHAT: configuration, weights, output shape, which kernels. Nothing of a run.

One file a layer, one base a family. A layer either is an operation (`memory`, `forward`, `backward`: it emits kernel
calls when a plan is made) or writes its `call` with other layers and functions of `cycnn.ops`, as users' own do.
Layers of several inputs have a function of their name in lower case: `add([x, y])` is `Add()([x, y])`.

    Conv2D(32, 3, activation="relu")(symbolic)
      → records  Conv2D ── Elementwise("relu")          two operations in the graph
      → plan     conv.forward with the activation in its epilogue, by rewrites.fuse_activations
"""

from cycnn.layers.activations.relu import ReLU
from cycnn.layers.activations.softmax import Softmax
from cycnn.layers.convolutional.conv2d import Conv2D
from cycnn.layers.core.activation import Activation
from cycnn.layers.core.dense import Dense
from cycnn.layers.core.identity import Identity
from cycnn.layers.core.lambda_layer import Lambda
from cycnn.layers.input_layer import Input, InputLayer
from cycnn.layers.layer import Layer
from cycnn.layers.merging.add import Add, add
from cycnn.layers.merging.average import Average, average
from cycnn.layers.merging.concatenate import Concatenate, concatenate
from cycnn.layers.merging.dot import Dot, dot
from cycnn.layers.merging.maximum import Maximum, maximum
from cycnn.layers.merging.minimum import Minimum, minimum
from cycnn.layers.merging.multiply import Multiply, multiply
from cycnn.layers.merging.subtract import Subtract, subtract
from cycnn.layers.normalization.batch_normalization import BatchNormalization
from cycnn.layers.pooling.average_pooling2d import AveragePooling2D
from cycnn.layers.pooling.global_average_pooling2d import GlobalAveragePooling2D
from cycnn.layers.pooling.global_max_pooling2d import GlobalMaxPooling2D
from cycnn.layers.pooling.max_pooling2d import MaxPooling2D
from cycnn.layers.regularization.dropout import Dropout
from cycnn.layers.reshaping.flatten import Flatten
from cycnn.layers.reshaping.permute import Permute
from cycnn.layers.reshaping.rescaling import Rescaling
from cycnn.layers.reshaping.reshape import Reshape
from cycnn.layers.reshaping.zero_padding2d import ZeroPadding2D

Convolution2D, MaxPool2D, AvgPool2D = Conv2D, MaxPooling2D, AveragePooling2D
GlobalMaxPool2D, GlobalAvgPool2D = GlobalMaxPooling2D, GlobalAveragePooling2D

__all__ = [
    "Activation",
    "Add",
    "Average",
    "AveragePooling2D",
    "AvgPool2D",
    "BatchNormalization",
    "Concatenate",
    "Conv2D",
    "Convolution2D",
    "Dense",
    "Dot",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "Identity",
    "Input",
    "InputLayer",
    "Lambda",
    "Layer",
    "MaxPool2D",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Permute",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Softmax",
    "Subtract",
    "ZeroPadding2D",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


_OLDER = ("advanced_activations", "merge")  # modules of Keras 2, loaded when they are used


def __getattr__(name):
    if name in _OLDER:
        import importlib

        return importlib.import_module(f"cycnn.layers.{name}")
    from cycnn.core import checks

    raise AttributeError(checks.unknown("layer", name, __all__))
