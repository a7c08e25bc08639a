"""Layers that disturb their input while training, where Keras 2 has them: `from keras.layers.noise import GaussianNoise`."""

from cycnn.layers import AlphaDropout, GaussianDropout, GaussianNoise

__all__ = ["AlphaDropout", "GaussianDropout", "GaussianNoise"]
