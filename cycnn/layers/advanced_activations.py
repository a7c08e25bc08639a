"""Activations as layers, where Keras 2 has them: `from keras.layers.advanced_activations import LeakyReLU`."""

from cycnn.layers import ELU, LeakyReLU, PReLU, ReLU, Softmax

__all__ = ["ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax"]
