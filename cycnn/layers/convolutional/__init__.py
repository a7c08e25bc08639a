"""Convolution layers: one file a layer, over the base of its family. The operations are in `cycnn.ops.convolution`.

    sliding_kernel   geometry, bias, activation, data format
      base_conv              Conv1D            Conv2D            Conv3D
      base_conv_transpose    Conv1DTranspose   Conv2DTranspose   Conv3DTranspose
      base_depthwise_conv    DepthwiseConv1D   DepthwiseConv2D
      base_separable_conv    SeparableConv1D   SeparableConv2D   a depthwise convolution, then one of single pixels
    pooled           a convolution and the max-pooling behind it in one

In Keras 2 one module of this name held them, with the layers that crop, pad and repeat, and the pooling layers of Keras 1:
`from keras.layers.convolutional import Conv2D, MaxPooling2D`.
"""

from typing import TYPE_CHECKING

from cycnn.core import lazy

if TYPE_CHECKING:
    from cycnn.layers.convolutional.conv1d import Conv1D
    from cycnn.layers.convolutional.conv1d_transpose import Conv1DTranspose
    from cycnn.layers.convolutional.conv2d import Conv2D
    from cycnn.layers.convolutional.conv2d_transpose import Conv2DTranspose
    from cycnn.layers.convolutional.conv3d import Conv3D
    from cycnn.layers.convolutional.conv3d_transpose import Conv3DTranspose
    from cycnn.layers.convolutional.depthwise_conv1d import DepthwiseConv1D
    from cycnn.layers.convolutional.depthwise_conv2d import DepthwiseConv2D
    from cycnn.layers.convolutional.separable_conv1d import SeparableConv1D
    from cycnn.layers.convolutional.separable_conv2d import SeparableConv2D
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

    Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
    Convolution1DTranspose, Convolution2DTranspose, Convolution3DTranspose = (
        Conv1DTranspose,
        Conv2DTranspose,
        Conv3DTranspose,
    )
    SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]

__getattr__, __dir__ = lazy.attributes(__name__, "layer", __all__, dict.fromkeys(__all__, "cycnn.layers"))
