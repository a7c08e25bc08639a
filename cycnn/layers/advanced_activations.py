"""Activations as layers, under the name that programs for Keras 2 use: `from keras.layers.advanced_activations import ReLU`."""

from cycnn.layers.activations.relu import ReLU
from cycnn.layers.activations.softmax import Softmax

__all__ = ["ReLU", "Softmax"]
