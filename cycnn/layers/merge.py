"""The merging layers, under the name that programs for Keras 2 use: `from keras.layers.merge import concatenate`."""

from cycnn.layers.merging.add import Add, add
from cycnn.layers.merging.average import Average, average
from cycnn.layers.merging.concatenate import Concatenate, concatenate
from cycnn.layers.merging.dot import Dot, dot
from cycnn.layers.merging.maximum import Maximum, maximum
from cycnn.layers.merging.minimum import Minimum, minimum
from cycnn.layers.merging.multiply import Multiply, multiply
from cycnn.layers.merging.subtract import Subtract, subtract

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]
