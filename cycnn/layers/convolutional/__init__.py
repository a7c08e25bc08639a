"""Convolution layers: one file a layer, over `base_conv`.

In Keras 2 one module of this name held them, with the layers that move elements, and the pooling layers of Keras 1:
`from keras.layers.convolutional import Conv2D, MaxPooling2D`.
"""

from cycnn.layers.convolutional.conv2d import Conv2D
from cycnn.layers.pooling.average_pooling2d import AveragePooling2D
from cycnn.layers.pooling.max_pooling2d import MaxPooling2D
from cycnn.layers.reshaping.zero_padding2d import ZeroPadding2D

Convolution2D = Conv2D

__all__ = ["AveragePooling2D", "Conv2D", "Convolution2D", "MaxPooling2D", "ZeroPadding2D"]
