"""Layers say WHAT: configuration, weights, output shape, which kernels. Nothing of a run.

One file a layer, one base a family. A layer either is an operation (`memory`, `forward`, `backward`: it emits kernel
calls when a plan is made) or writes its `call` with other layers and functions of `cycnn.ops`, as users' own do.
Layers of several inputs have a function of their name in lower case: `add([x, y])` is `Add()([x, y])`.

A layer is imported when it is first asked for; a file of a model needs those that it names.

    Conv2D(32, 3, activation="relu")(symbolic)
      → records  Convolution ── Elementwise("relu")     two operations in the graph
      → plan     conv.forward with the activation in its epilogue, by rewrites.fuse_activations
"""

from typing import TYPE_CHECKING

from cycnn.core import lazy, registry
from cycnn.core.registry import deserialize_keras_object, serialize_keras_object

if TYPE_CHECKING:
    from cycnn.layers.activations.elu import ELU
    from cycnn.layers.activations.leaky_relu import LeakyReLU
    from cycnn.layers.activations.prelu import PReLU
    from cycnn.layers.activations.relu import ReLU
    from cycnn.layers.activations.softmax import Softmax
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
    from cycnn.layers.core.activation import Activation
    from cycnn.layers.core.dense import Dense
    from cycnn.layers.core.einsum_dense import EinsumDense
    from cycnn.layers.core.embedding import Embedding
    from cycnn.layers.core.identity import Identity
    from cycnn.layers.core.lambda_layer import Lambda
    from cycnn.layers.core.masking import Masking
    from cycnn.layers.core.time_distributed import TimeDistributed
    from cycnn.layers.core.wrapper import Wrapper
    from cycnn.layers.input_layer import Input, InputLayer
    from cycnn.layers.input_spec import InputSpec
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
    from cycnn.layers.normalization.group_normalization import GroupNormalization
    from cycnn.layers.normalization.layer_normalization import LayerNormalization
    from cycnn.layers.normalization.local_response_normalization import LocalResponseNormalization
    from cycnn.layers.normalization.normalization import Normalization
    from cycnn.layers.normalization.rms_normalization import RMSNormalization
    from cycnn.layers.normalization.spectral_normalization import SpectralNormalization
    from cycnn.layers.normalization.unit_normalization import UnitNormalization
    from cycnn.layers.pooling.adaptive_average_pooling1d import AdaptiveAveragePooling1D
    from cycnn.layers.pooling.adaptive_average_pooling2d import AdaptiveAveragePooling2D
    from cycnn.layers.pooling.adaptive_average_pooling3d import AdaptiveAveragePooling3D
    from cycnn.layers.pooling.adaptive_max_pooling1d import AdaptiveMaxPooling1D
    from cycnn.layers.pooling.adaptive_max_pooling2d import AdaptiveMaxPooling2D
    from cycnn.layers.pooling.adaptive_max_pooling3d import AdaptiveMaxPooling3D
    from cycnn.layers.pooling.average_pooling1d import AveragePooling1D
    from cycnn.layers.pooling.average_pooling2d import AveragePooling2D
    from cycnn.layers.pooling.average_pooling3d import AveragePooling3D
    from cycnn.layers.pooling.global_average_pooling1d import GlobalAveragePooling1D
    from cycnn.layers.pooling.global_average_pooling2d import GlobalAveragePooling2D
    from cycnn.layers.pooling.global_average_pooling3d import GlobalAveragePooling3D
    from cycnn.layers.pooling.global_max_pooling1d import GlobalMaxPooling1D
    from cycnn.layers.pooling.global_max_pooling2d import GlobalMaxPooling2D
    from cycnn.layers.pooling.global_max_pooling3d import GlobalMaxPooling3D
    from cycnn.layers.pooling.l2_pooling2d import L2Pooling2D
    from cycnn.layers.pooling.max_pooling1d import MaxPooling1D
    from cycnn.layers.pooling.max_pooling2d import MaxPooling2D
    from cycnn.layers.pooling.max_pooling3d import MaxPooling3D
    from cycnn.layers.pooling.max_unpooling2d import MaxUnpooling2D
    from cycnn.layers.pooling.sum_pooling2d import SumPooling2D
    from cycnn.layers.preprocessing.cut_mix import CutMix
    from cycnn.layers.preprocessing.mix_up import MixUp
    from cycnn.layers.preprocessing.pipeline import Pipeline
    from cycnn.layers.preprocessing.random_brightness import RandomBrightness
    from cycnn.layers.preprocessing.random_color_jitter import RandomColorJitter
    from cycnn.layers.preprocessing.random_contrast import RandomContrast
    from cycnn.layers.preprocessing.random_crop import RandomCrop
    from cycnn.layers.preprocessing.random_erasing import RandomErasing
    from cycnn.layers.preprocessing.random_flip import RandomFlip
    from cycnn.layers.preprocessing.random_grayscale import RandomGrayscale
    from cycnn.layers.preprocessing.random_hue import RandomHue
    from cycnn.layers.preprocessing.random_rotation import RandomRotation
    from cycnn.layers.preprocessing.random_saturation import RandomSaturation
    from cycnn.layers.preprocessing.random_shear import RandomShear
    from cycnn.layers.preprocessing.random_translation import RandomTranslation
    from cycnn.layers.preprocessing.random_zoom import RandomZoom
    from cycnn.layers.preprocessing.text_vectorization import TextVectorization
    from cycnn.layers.regularization.activity_regularization import ActivityRegularization
    from cycnn.layers.regularization.alpha_dropout import AlphaDropout
    from cycnn.layers.regularization.dropout import Dropout
    from cycnn.layers.regularization.gaussian_dropout import GaussianDropout
    from cycnn.layers.regularization.gaussian_noise import GaussianNoise
    from cycnn.layers.regularization.spatial_dropout1d import SpatialDropout1D
    from cycnn.layers.regularization.spatial_dropout2d import SpatialDropout2D
    from cycnn.layers.regularization.spatial_dropout3d import SpatialDropout3D
    from cycnn.layers.reshaping.center_crop import CenterCrop
    from cycnn.layers.reshaping.cropping1d import Cropping1D
    from cycnn.layers.reshaping.cropping2d import Cropping2D
    from cycnn.layers.reshaping.cropping3d import Cropping3D
    from cycnn.layers.reshaping.cropping_like import CroppingLike
    from cycnn.layers.reshaping.flatten import Flatten
    from cycnn.layers.reshaping.permute import Permute
    from cycnn.layers.reshaping.repeat_vector import RepeatVector
    from cycnn.layers.reshaping.rescaling import Rescaling
    from cycnn.layers.reshaping.reshape import Reshape
    from cycnn.layers.reshaping.resizing import Resizing
    from cycnn.layers.reshaping.resizing_like import ResizingLike
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
    AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
    MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
    GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D = (
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        GlobalAveragePooling3D,
    )
    GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNormalization",
    "CenterCrop",
    "Concatenate",
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
    "CroppingLike",
    "CutMix",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "L2Pooling2D",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "LocalResponseNormalization",
    "Masking",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "MaxUnpooling2D",
    "Maximum",
    "Minimum",
    "MixUp",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "Pipeline",
    "RMSNormalization",
    "RandomBrightness",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomGrayscale",
    "RandomHue",
    "RandomRotation",
    "RandomSaturation",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "ResizingLike",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "Subtract",
    "SumPooling2D",
    "TextVectorization",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]

# One file a layer, named after it.
_FILES = {
    "": "input_layer input_spec layer",
    "activations": "elu leaky_relu prelu relu softmax",
    "convolutional": "conv1d conv1d_transpose conv2d conv2d_transpose conv3d conv3d_transpose depthwise_conv1d "
    "depthwise_conv2d separable_conv1d separable_conv2d",
    "core": "activation dense einsum_dense embedding identity lambda_layer masking time_distributed wrapper",
    "merging": "add average concatenate dot maximum minimum multiply subtract",
    "normalization": "batch_normalization group_normalization layer_normalization local_response_normalization normalization "
    "rms_normalization spectral_normalization unit_normalization",
    "pooling": "adaptive_average_pooling1d adaptive_average_pooling2d adaptive_average_pooling3d adaptive_max_pooling1d "
    "adaptive_max_pooling2d adaptive_max_pooling3d average_pooling1d average_pooling2d average_pooling3d "
    "global_average_pooling1d global_average_pooling2d global_average_pooling3d global_max_pooling1d "
    "global_max_pooling2d global_max_pooling3d l2_pooling2d max_pooling1d max_pooling2d max_pooling3d "
    "max_unpooling2d sum_pooling2d",
    "preprocessing": "cut_mix mix_up pipeline random_brightness random_color_jitter random_contrast random_crop random_erasing "
    "random_flip random_grayscale random_hue random_rotation random_saturation random_shear "
    "random_translation random_zoom text_vectorization",
    "regularization": "activity_regularization alpha_dropout dropout gaussian_dropout gaussian_noise spatial_dropout1d "
    "spatial_dropout2d spatial_dropout3d",
    "reshaping": "center_crop cropping1d cropping2d cropping3d cropping_like flatten permute repeat_vector rescaling "
    "reshape resizing resizing_like up_sampling1d up_sampling2d up_sampling3d zero_padding1d zero_padding2d "
    "zero_padding3d",
}  # fmt: skip
_ALIASES = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "Convolution1D": "Conv1D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3D": "Conv3D",
    "Convolution3DTranspose": "Conv3DTranspose",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
}
_OLDER = ("advanced_activations", "merge", "noise")  # modules of Keras 2
_MODULES = {
    **lazy.by_file(__name__, _FILES, __all__, _ALIASES),
    "Input": "cycnn.layers.input_layer",
    "Lambda": "cycnn.layers.core.lambda_layer",
}
_CLASSES = lazy.Objects(
    __name__, [name for name in _MODULES if name[0].isupper() and name not in ("Input", "InputSpec")]
)
for _place in ("keras.layers", __name__):  # as configs have it: Keras's layers, and those that are cycnn's alone
    registry.export_later(_place, _MODULES)

__getattr__, __dir__ = lazy.attributes(__name__, "layer", __all__, _MODULES, (*filter(None, _FILES), *_OLDER))


def serialize(layer):
    """The config of a layer."""
    return serialize_keras_object(layer)


def deserialize(config, custom_objects=None):
    """The layer of a config; one without a module is named after a class of this package.

    Raises:
        TypeError: it names a class that is neither cycnn's nor registered.
    """
    return deserialize_keras_object(config, custom_objects, module_objects=_CLASSES)
