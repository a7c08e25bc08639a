"""Convolution layers: one file a layer, over `base_conv`.

In Keras 2 one module of this name held them, with the layers that crop, pad and repeat, and the pooling layers of Keras 1:
`from keras.layers.convolutional import Conv2D, MaxPooling2D`.
"""

from cycnn.layers.convolutional.conv2d import Conv2D
from cycnn.layers.pooling.average_pooling1d import AveragePooling1D
from cycnn.layers.pooling.average_pooling2d import AveragePooling2D
from cycnn.layers.pooling.average_pooling3d import AveragePooling3D
from cycnn.layers.pooling.max_pooling1d import MaxPooling1D
from cycnn.layers.pooling.max_pooling2d import MaxPooling2D
from cycnn.layers.pooling.max_pooling3d import MaxPooling3D
from cycnn.layers.reshaping.cropping1d import Cropping1D
from cycnn.layers.reshaping.cropping2d import Cropping2D
from cycnn.layers.reshaping.cropping3d import Cropping3D
from cycnn.layers.reshaping.up_sampling1d import UpSampling1D
from cycnn.layers.reshaping.up_sampling2d import UpSampling2D
from cycnn.layers.reshaping.up_sampling3d import UpSampling3D
from cycnn.layers.reshaping.zero_padding1d import ZeroPadding1D
from cycnn.layers.reshaping.zero_padding2d import ZeroPadding2D
from cycnn.layers.reshaping.zero_padding3d import ZeroPadding3D

Convolution2D = Conv2D

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "Conv2D",
    "Convolution2D",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]
