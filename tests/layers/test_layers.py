"""Every public layer through `check_layer`. A layer that is missing from the table fails."""

import math

import numpy as np
import pytest

from cycnn import initializers, layers, ops, utils
from cycnn.testing import check_layer


@pytest.fixture(autouse=True)
def _seed():
    utils.set_random_seed(1)


WITHOUT = {
    "Layer": "the base class",
    "Wrapper": "the base class of layers around others",
    "Input": "a function that makes an InputLayer",
    "InputLayer": "no operation: the place where data enter; tests/test_bad_input.py and tests/training use it",
    "InputSpec": "what a layer expects; tests/utils/test_small_names.py",
    "deserialize": "a function of configs",
    "serialize": "a function of layers",
    "CutMix": "mixes the samples of an array; tests/layers/preprocessing",
    "MixUp": "mixes the samples of an array; tests/layers/preprocessing",
    "Pipeline": "layers one after the other; tests/layers/preprocessing",
    "TextVectorization": "takes texts; tests/layers/test_text_vectorization.py",
    **dict.fromkeys(
        ("add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"),
        "a function that calls the layer",
    ),
}
MAPS = (5, 7, 6, 3)  # samples, rows, columns, channels
FIRST = (5, 3, 7, 6)
LINES = (4, 9, 3)  # samples, steps, channels
VOLUMES = (3, 4, 5, 6, 2)  # samples, three axes of space, channels
FIRST_FORMAT = {"data_format": "channels_first"}
KINKED = {"smooth": False}  # maxima and bends: finite differences may step over them
BROADCAST = [MAPS, (5, 1, 1, 3), (5, 7, 6, 1), (5, 6, 1), (5, 1)]  # samples that fit one another by repetition


@utils.register_keras_serializable("tests")
def scaled_square(x, factor=1.0):
    return factor * ops.square(x)


# layer -> [(arguments, shape of the input with the samples first, or a list of shapes, arguments of check_layer)]
TABLE = {
    "Activation": [
        ({"activation": "tanh"}, (4, 5), {}),
        ({"activation": "softmax"}, (4, 3, 5), {}),
        ({"activation": "linear"}, (4, 5), {}),
        ({"activation": "gelu"}, (4, 2, 3, 5), {}),
        ({"activation": "relu"}, (4, 17), KINKED),
        ({"activation": "silu"}, (4,), {}),
    ],
    "ActivityRegularization": [
        ({"l1": 0.1, "l2": 0.2}, (5, 7), {}),
    ],
    "AdaptiveAveragePooling1D": [
        ({"output_size": 3}, LINES, {}),
        ({"output_size": 4, **FIRST_FORMAT}, (3, 2, 8), {}),
    ],
    "AdaptiveAveragePooling2D": [
        ({"output_size": (3, 2)}, MAPS, {}),
        ({"output_size": 8}, (3, 5, 4, 17), {}),
        ({"output_size": (2, 4), **FIRST_FORMAT}, FIRST, {}),
    ],
    "AdaptiveAveragePooling3D": [
        ({"output_size": (3, 2, 5)}, VOLUMES, {}),
        ({"output_size": 2}, VOLUMES, {}),
    ],
    "AdaptiveMaxPooling1D": [
        ({"output_size": 3}, LINES, {}),
        ({"output_size": 4, **FIRST_FORMAT}, (3, 2, 8), KINKED),
    ],
    "AdaptiveMaxPooling2D": [
        ({"output_size": (3, 2)}, MAPS, KINKED),
        ({"output_size": 8}, (3, 5, 4, 17), KINKED),
        ({"output_size": (2, 4), **FIRST_FORMAT}, FIRST, KINKED),
    ],
    "AdaptiveMaxPooling3D": [
        ({"output_size": (3, 2, 5)}, VOLUMES, KINKED),
        ({"output_size": 2}, VOLUMES, KINKED),
    ],
    "Add": [
        ({}, [(4, 5), (4, 5)], {}),
        ({}, [MAPS, MAPS, MAPS], {}),
        ({}, [(4, 5)], {}),
        ({}, BROADCAST, {}),
        ({}, [(5, 1, 3, 1, 2), (5, 4, 1, 3, 2)], {}),
    ],
    "AlphaDropout": [
        ({"rate": 0.4}, (5, 7), {}),
        ({"rate": 0.4, "noise_shape": (None, 1, None), "seed": 3}, (5, 3, 17), {}),
        ({"rate": 0.5}, MAPS, {"training": False}),
    ],
    "Average": [
        ({}, [(4, 5), (4, 5)], {}),
        ({}, [MAPS, MAPS, MAPS], {}),
        ({}, BROADCAST, {}),
    ],
    "AveragePooling1D": [
        ({"pool_size": 2}, LINES, {}),
        ({"pool_size": 3, "strides": 2, "padding": "same"}, (3, 9, 17), {}),
        ({"pool_size": 2, "strides": 1, **FIRST_FORMAT}, (4, 3, 7), {}),
    ],
    "AveragePooling2D": [
        ({"pool_size": 2}, MAPS, {}),
        ({"pool_size": (3, 2), "strides": (2, 1), "padding": "same"}, MAPS, {}),
        ({"pool_size": (2, 3), "strides": 3, "padding": "valid"}, (3, 8, 9, 17), {}),
        ({"pool_size": 1, "strides": 2}, MAPS, {}),
        ({"pool_size": 2, **FIRST_FORMAT}, FIRST, {}),
    ],
    "AveragePooling3D": [
        ({"pool_size": 2}, VOLUMES, {}),
        ({"pool_size": (3, 2, 3), "strides": (2, 1, 2), "padding": "same"}, VOLUMES, {}),
        ({"pool_size": (2, 1, 1)}, VOLUMES, {}),
        ({"pool_size": 2, **FIRST_FORMAT}, (3, 2, 4, 5, 3), {}),
    ],
    "BatchNormalization": [
        ({}, (6, 5), {}),
        ({}, MAPS, {}),
        ({}, (5, 3, 17), {}),
        ({}, MAPS, {"training": False}),
        ({"axis": 1}, FIRST, {}),
        ({"axis": 1}, (6, 5, 4), {}),
        ({"axis": [3], "momentum": 0.5, "epsilon": 0.1}, MAPS, {}),
        ({"center": False}, MAPS, {}),
        ({"scale": False}, MAPS, {}),
        ({"center": False, "scale": False}, MAPS, {"training": False}),
        ({"gamma_initializer": "random_normal", "beta_initializer": "random_normal"}, MAPS, {}),
        ({"trainable": False}, MAPS, {}),
    ],
    "CenterCrop": [
        ({"height": 4, "width": 3}, MAPS, {}),
        ({"height": 9, "width": 3}, MAPS, {}),
        ({"height": 2, "width": 5, **FIRST_FORMAT}, FIRST, {}),
    ],
    "Concatenate": [
        ({}, [(4, 5), (4, 3), (4, 1)], {}),
        ({}, [MAPS, (5, 7, 6, 17)], {}),
        ({"axis": 1}, [MAPS, (5, 2, 6, 3), MAPS], {}),
        ({"axis": -2}, [MAPS, (5, 7, 1, 3)], {}),
        ({}, [(4, 5)], {}),
    ],
    "Conv1D": [
        ({"filters": 4, "kernel_size": 3}, LINES, {}),
        ({"filters": 17, "kernel_size": 4, "padding": "same", "activation": "tanh"}, (3, 31, 5), {}),
        ({"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, LINES, {}),
        ({"filters": 5, "kernel_size": 3, "dilation_rate": 2, "padding": "causal", "activation": "sigmoid"}, LINES, {}),
        ({"filters": 6, "kernel_size": 3, "groups": 3, "use_bias": False}, LINES, {}),
        ({"filters": 4, "kernel_size": 9, "activation": "relu"}, LINES, KINKED),
        ({"filters": 4, "kernel_size": 3, "padding": "causal", **FIRST_FORMAT}, (4, 3, 9), {}),
        ({"filters": 2, "kernel_size": 3, "trainable": False}, LINES, {}),
    ],
    "Conv1DTranspose": [
        ({"filters": 4, "kernel_size": 3}, LINES, {}),
        ({"filters": 17, "kernel_size": 5, "strides": 2, "padding": "same", "activation": "tanh"}, LINES, {}),
        ({"filters": 2, "kernel_size": 2, "strides": 3, "output_padding": 1}, LINES, {}),
        ({"filters": 4, "kernel_size": 3, "dilation_rate": 2, "use_bias": False, **FIRST_FORMAT}, (4, 3, 9), {}),
    ],
    "Conv2D": [
        ({"filters": 4, "kernel_size": 3}, MAPS, {}),
        ({"filters": 17, "kernel_size": (2, 3), "padding": "same"}, (3, 9, 11, 5), {}),
        ({"filters": 5, "kernel_size": (3, 2), "strides": (2, 3), "padding": "same"}, (3, 10, 9, 4), {}),
        ({"filters": 5, "kernel_size": 2, "strides": 3, "activation": "tanh"}, MAPS, {}),
        ({"filters": 3, "kernel_size": 3, "dilation_rate": (2, 1), "activation": "sigmoid"}, MAPS, {}),
        ({"filters": 6, "kernel_size": 3, "groups": 3, "padding": "same"}, (3, 5, 6, 9), {}),
        ({"filters": 4, "kernel_size": 1, "use_bias": False}, MAPS, {}),
        ({"filters": 4, "kernel_size": 3, "activation": "softmax"}, MAPS, {}),
        ({"filters": 4, "kernel_size": 3, "activation": "relu"}, MAPS, KINKED),
        ({"filters": 4, "kernel_size": (3, 2), "padding": "same", "bias_initializer": "random_normal", **FIRST_FORMAT}, FIRST, {}),
        ({"filters": 3, "kernel_size": 2, "activation": "tanh", **FIRST_FORMAT}, FIRST, {}),
        ({"filters": 2, "kernel_size": (7, 6)}, MAPS, {}),
        ({"filters": 2, "kernel_size": 3, "trainable": False}, MAPS, {}),
        ({"filters": 1, "kernel_size": 1}, (17, 1, 1, 1), {}),
    ],
    "Conv2DTranspose": [
        ({"filters": 4, "kernel_size": 3}, MAPS, {}),
        ({"filters": 17, "kernel_size": 4, "strides": 2, "padding": "same", "activation": "tanh"}, MAPS, {}),
        ({"filters": 3, "kernel_size": (2, 3), "strides": (3, 1), "padding": "same"}, (3, 2, 20, 5), {}),
        ({"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": (0, 1), "activation": "relu"}, MAPS, KINKED),
        ({"filters": 3, "kernel_size": 2, "dilation_rate": (1, 3), "use_bias": False}, MAPS, {}),
        ({"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "tanh", **FIRST_FORMAT}, FIRST, {}),
        ({"filters": 2, "kernel_size": 3, "trainable": False}, MAPS, {}),
        ({"filters": 1, "kernel_size": 1}, (17, 1, 1, 1), {}),
    ],
    "Conv3D": [
        ({"filters": 4, "kernel_size": 2}, VOLUMES, {}),
        ({"filters": 17, "kernel_size": 3, "padding": "same", "activation": "tanh"}, (3, 2, 3, 15, 2), {}),
        ({"filters": 3, "kernel_size": (3, 2, 1), "strides": (2, 1, 3), "padding": "same"}, VOLUMES, {}),
        ({"filters": 3, "kernel_size": 2, "dilation_rate": (1, 2, 3)}, VOLUMES, {}),
        ({"filters": 4, "kernel_size": (1, 2, 2), "groups": 2, "use_bias": False}, VOLUMES, {}),
        ({"filters": 3, "kernel_size": 2, "padding": "same", **FIRST_FORMAT}, (3, 2, 4, 5, 6), {}),
        ({"filters": 3, "kernel_size": 1, "activation": "relu"}, VOLUMES, KINKED),
        ({"filters": 2, "kernel_size": 3, "trainable": False}, VOLUMES, {}),
    ],
    "Conv3DTranspose": [
        ({"filters": 4, "kernel_size": 2}, VOLUMES, {}),
        ({"filters": 17, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "tanh"}, (3, 2, 3, 4, 2), {}),
        ({"filters": 2, "kernel_size": (1, 3, 2), "strides": (2, 3, 1), "output_padding": (1, 0, 0)}, VOLUMES, {}),
        ({"filters": 2, "kernel_size": 2, "strides": 2, "use_bias": False, **FIRST_FORMAT}, (3, 2, 2, 3, 4), {}),
    ],
    "Cropping1D": [
        ({}, LINES, {}),
        ({"cropping": (0, 3)}, LINES, {}),
    ],
    "Cropping2D": [
        ({}, MAPS, {}),
        ({"cropping": ((1, 0), (2, 3))}, MAPS, {}),
        ({"cropping": ((1, 0), (2, 3)), **FIRST_FORMAT}, FIRST, {}),
    ],
    "Cropping3D": [
        ({}, VOLUMES, {}),
        ({"cropping": ((1, 0), (0, 0), (2, 3))}, VOLUMES, {}),
        ({"cropping": ((1, 0), (2, 1), (0, 1)), **FIRST_FORMAT}, (3, 2, 4, 5, 3), {}),
    ],
    "CroppingLike": [
        ({}, [MAPS, (5, 4, 3, 2)], {}),
        ({"offset": (1, 0)}, [MAPS, (5, 4, 6, 1)], {}),
        ({"offset": 2}, [LINES, (4, 5, 3)], {}),
        ({}, [VOLUMES, (3, 2, 5, 3, 1)], {}),
        ({**FIRST_FORMAT}, [FIRST, (5, 1, 6, 3)], {}),
    ],
    "Dense": [
        ({"units": 5}, (4, 7), {}),
        ({"units": 1}, (5, 1), {}),
        ({"units": 33, "activation": "tanh"}, (3, 4, 17), {}),
        ({"units": 6, "use_bias": False}, (3, 2, 5, 7), {}),
        ({"units": 6, "activation": "softmax"}, (4, 9), {}),
        ({"units": 6, "activation": "softmax"}, (4, 3, 9), {}),
        ({"units": 6, "activation": "relu"}, (17, 9), KINKED),
        ({"units": 6, "trainable": False, "bias_initializer": "ones"}, (4, 9), {}),
    ],
    "DepthwiseConv1D": [
        ({"kernel_size": 3}, LINES, {}),
        ({"kernel_size": 4, "strides": 2, "padding": "same", "activation": "tanh"}, (4, 9, 17), {}),
        ({"kernel_size": 3, "dilation_rate": 2, "depth_multiplier": 2, "use_bias": False}, LINES, {}),
        ({"kernel_size": 3, **FIRST_FORMAT}, (4, 3, 9), {}),
    ],
    "DepthwiseConv2D": [
        ({"kernel_size": 3}, MAPS, {}),
        ({"kernel_size": 3, "padding": "same", "activation": "tanh"}, (3, 9, 17, 33), {}),
        ({"kernel_size": 5, "strides": 2, "padding": "same"}, (3, 8, 9, 24), {}),
        ({"kernel_size": (3, 2), "strides": (1, 3), "depth_multiplier": 3, "activation": "sigmoid"}, MAPS, {}),
        ({"kernel_size": 3, "dilation_rate": 2, "padding": "same", "activation": "softmax"}, MAPS, {}),
        ({"kernel_size": 2, "activation": "relu", "use_bias": False}, MAPS, KINKED),
        ({"kernel_size": 3, "padding": "same", "depth_multiplier": 2, **FIRST_FORMAT}, FIRST, {}),
        ({"kernel_size": 3, "trainable": False}, MAPS, {}),
        ({"kernel_size": 1}, (17, 1, 1, 1), {}),
    ],
    "Dot": [
        ({"axes": 1}, [(4, 5), (4, 5)], {}),
        ({"axes": -1}, [(4, 2, 5), (4, 5)], {}),
        ({"axes": (2, 1)}, [(4, 2, 5), (4, 5, 3)], {}),
        ({"axes": [3, 1]}, [(4, 2, 3, 5), (4, 5, 3)], {}),
        ({"axes": -1, "normalize": True}, [(4, 2, 5), (4, 3, 5)], {}),
    ],
    "Dropout": [  # the gradient of a mask: y is linear in x, so finite differences hold for the mask of one step
        ({"rate": 0.4}, (5, 7), {}),
        ({"rate": 0.4, "seed": 3}, MAPS, {}),
        ({"rate": 0.5}, (5, 3, 17), {"training": False}),
        ({"rate": 0}, (5, 7), {}),
        ({"rate": 1.0}, (5, 7), {}),
        ({"rate": 0.4, "noise_shape": (None, 1, None, 1)}, MAPS, {}),
        ({"rate": 0.4, "noise_shape": (1, 7, 6, 1)}, MAPS, {}),
        ({"rate": 1, "noise_shape": (None, 1)}, (5, 7), {}),
    ],
    "ELU": [
        ({}, (5, 7), {}),
        ({"alpha": 0.5}, MAPS, {}),
    ],
    "EinsumDense": [
        ({"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c", "activation": "tanh"}, (5, 7), {}),
        ({"equation": "abc,cde->abde", "output_shape": (None, 3, 2), "bias_axes": "de"}, (5, 4, 7), {}),
        ({"equation": "...x,xy->...y", "output_shape": 17, "bias_axes": "y"}, MAPS, {}),
        ({"equation": "abc,bd->acd", "output_shape": (7, 2), "bias_axes": "d"}, (5, 4, 7), {}),
        ({"equation": "abc,cde->abde", "output_shape": (None, 3, 2), "bias_axes": "e"}, (5, 4, 7), {}),
    ],
    "Embedding": [
        ({"input_dim": 6, "output_dim": 3}, (5, 4), {"labels": 6}),
        ({"input_dim": 3, "output_dim": 17, "embeddings_initializer": "ones"}, (4, 2, 2), {"labels": 3}),
    ],
    "Flatten": [
        ({}, MAPS, {}),
        ({}, (5,), {}),
        ({}, (5, 4), {}),
        (FIRST_FORMAT, FIRST, {}),
        (FIRST_FORMAT, (4, 3, 2), {}),
    ],
    "GaussianDropout": [
        ({"rate": 0.4}, (5, 7), {}),
        ({"rate": 0.4, "seed": 3}, MAPS, {}),
        ({"rate": 0.4}, MAPS, {"training": False}),
    ],
    "GaussianNoise": [
        ({"stddev": 0.4}, (5, 7), {}),
        ({"stddev": 0.4, "seed": 3}, MAPS, {}),
        ({"stddev": 0}, MAPS, {}),
    ],
    "GlobalAveragePooling1D": [
        ({}, LINES, {}),
        ({"keepdims": True, **FIRST_FORMAT}, (3, 2, 8), {}),
    ],
    "GlobalAveragePooling2D": [
        ({}, MAPS, {}),
        ({"keepdims": True}, (3, 5, 9, 17), {}),
        (FIRST_FORMAT, FIRST, {}),
        ({"keepdims": True, **FIRST_FORMAT}, FIRST, {}),
    ],
    "GlobalAveragePooling3D": [
        ({}, VOLUMES, {}),
        ({"keepdims": True}, VOLUMES, {}),
        ({"keepdims": True, **FIRST_FORMAT}, (3, 2, 4, 5, 3), {}),
    ],
    "GlobalMaxPooling1D": [
        ({}, LINES, {}),
        ({"keepdims": True, **FIRST_FORMAT}, (3, 2, 8), {}),
    ],
    "GlobalMaxPooling2D": [
        ({}, MAPS, {}),
        ({"keepdims": True}, (3, 5, 9, 17), {}),
        (FIRST_FORMAT, FIRST, {}),
        ({"keepdims": True, **FIRST_FORMAT}, FIRST, {}),
    ],
    "GlobalMaxPooling3D": [
        ({}, VOLUMES, {}),
        ({"keepdims": True}, VOLUMES, {}),
        ({"keepdims": True, **FIRST_FORMAT}, (3, 2, 4, 5, 3), {}),
    ],
    "GroupNormalization": [
        ({"groups": 3}, MAPS, {}),
        ({"groups": -1}, (5, 3, 4, 17), {}),
        ({"groups": 1}, (5, 6), {}),
        ({"groups": 2, "axis": 1}, (3, 4, 5, 2), {}),
        ({"groups": 2, "center": False, "scale": False}, (3, 5, 6), {}),
        ({"groups": 2, "trainable": False, "gamma_initializer": "random_normal"}, (3, 5, 6), {}),
    ],
    "Identity": [
        ({}, MAPS, {}),
        ({}, (5,), {}),
    ],
    "L2Pooling2D": [
        ({}, MAPS, {}),
        ({"pool_size": (3, 2), "strides": (2, 1), "padding": "same"}, (3, 8, 9, 17), {}),
        ({"pool_size": 2, **FIRST_FORMAT}, FIRST, {}),
    ],
    "Lambda": [
        ({"function": scaled_square}, (5, 7), {}),
        ({"function": scaled_square, "arguments": {"factor": 0.5}, "output_shape": (7, 6, 3)}, MAPS, {}),
    ],
    "LayerNormalization": [
        ({}, (5, 7), {}),
        ({"gamma_initializer": "random_normal", "beta_initializer": "random_normal"}, (3, 4, 5, 17), {}),
        ({"axis": [1, 2, 3]}, MAPS, {}),
        ({"axis": 1}, MAPS, {}),
        ({"axis": [1, 3], "epsilon": 0.1}, MAPS, {}),
        ({"center": False}, (5, 7), {}),
        ({"scale": False}, (5, 33), {}),
        ({"trainable": False}, (5, 7), {}),
    ],
    "LeakyReLU": [
        ({}, (5, 7), KINKED),
        ({"negative_slope": 0.01}, MAPS, KINKED),
    ],
    "LocalResponseNormalization": [
        ({}, MAPS, {}),
        ({"size": 3, "alpha": 0.5, "bias": 1.0}, (3, 4, 33), {}),
        ({"alpha": 0.1, **FIRST_FORMAT}, FIRST, {}),
    ],
    "Masking": [
        ({}, (5, 4, 7), {}),
        ({"mask_value": 0.5}, LINES, {}),
    ],
    "MaxPooling1D": [
        ({}, LINES, {}),
        ({"pool_size": 3, "strides": 2, "padding": "same"}, (3, 9, 17), KINKED),
        ({"pool_size": 2, "strides": 1, **FIRST_FORMAT}, (4, 3, 7), KINKED),
    ],
    "MaxPooling2D": [
        ({}, MAPS, {}),
        ({"pool_size": (3, 2), "strides": (2, 1), "padding": "same"}, MAPS, {}),
        ({"pool_size": 3, "strides": 1}, (3, 8, 9, 17), {}),
        ({"pool_size": 2, "padding": "same", **FIRST_FORMAT}, FIRST, {}),
    ],
    "MaxPooling3D": [
        ({}, VOLUMES, {}),
        ({"pool_size": (3, 2, 3), "strides": (2, 1, 2), "padding": "same"}, VOLUMES, KINKED),
        ({"pool_size": (2, 1, 1)}, VOLUMES, KINKED),
        ({"pool_size": 2, **FIRST_FORMAT}, (3, 2, 4, 5, 3), KINKED),
    ],
    "MaxUnpooling2D": [
        ({}, [(5, 3, 3, 3), MAPS], KINKED),
        ({"pool_size": 3, "strides": 2, "padding": "same"}, [(3, 4, 5, 17), (3, 8, 9, 17)], KINKED),
        ({"pool_size": 2, **FIRST_FORMAT}, [(5, 3, 3, 3), FIRST], KINKED),
    ],
    "Maximum": [
        ({}, [(4, 5), (4, 5)], KINKED),
        ({}, [MAPS, MAPS, MAPS, MAPS], KINKED),
        ({}, BROADCAST, KINKED),
    ],
    "Minimum": [
        ({}, [(4, 5), (4, 5)], KINKED),
        ({}, [MAPS, MAPS, MAPS, MAPS], KINKED),
        ({}, BROADCAST, KINKED),
    ],
    "Multiply": [
        ({}, [(4, 5), (4, 5)], {}),
        ({}, [MAPS, MAPS, MAPS], {}),
        ({}, [MAPS, (5, 1, 1, 3)], {}),
        ({}, BROADCAST, {}),
    ],
    "Normalization": [
        ({}, MAPS, {}),
        ({"axis": None, "mean": 2.0, "variance": 4.0}, MAPS, {}),
        ({"axis": (1, 3), "mean": [0.0, 1.0, 2.0], "variance": [1.0, 4.0, 0.25]}, MAPS, {}),
        ({"mean": 2.0, "variance": 4.0, "invert": True}, (5, 7), {}),
    ],
    "PReLU": [
        ({"alpha_initializer": "random_normal"}, (5, 7), KINKED),
        ({"alpha_initializer": "random_normal"}, MAPS, KINKED),
        ({"alpha_initializer": "random_normal", "shared_axes": [1, 2]}, (5, 3, 4, 17), KINKED),
        ({"alpha_initializer": "random_normal", "shared_axes": [3, 1]}, MAPS, KINKED),
        ({"alpha_initializer": "random_normal", "shared_axes": 1}, (5, 7), KINKED),
    ],
    "Permute": [
        ({"dims": (2, 1)}, (5, 3, 4), {}),
        ({"dims": (3, 1, 2)}, MAPS, {}),
        ({"dims": (1, 2)}, (5, 3, 4), {}),
        ({"dims": (1,)}, (5, 3), {}),
        ({"dims": (4, 2, 1, 3)}, (3, 2, 5, 3, 4), {}),
        ({"dims": (5, 4, 1, 3, 2)}, (3, 2, 1, 3, 4, 5), {}),
    ],
    "RMSNormalization": [
        ({}, (5, 7), {}),
        ({"axis": [1, 2]}, (5, 3, 17), {}),
        ({"axis": 1, "epsilon": 0.1}, MAPS, {}),
    ],
    "RandomBrightness": [
        ({"factor": 0.3}, MAPS, {"training": False}),
    ],
    "RandomColorJitter": [
        ({"brightness_factor": 0.3, "hue_factor": 0.1}, MAPS, {"training": False}),
    ],
    "RandomContrast": [
        ({"factor": 0.3, "value_range": (0, 1)}, MAPS, {"training": False}),
    ],
    "RandomCrop": [
        ({"height": 3, "width": 4}, MAPS, {}),
        ({"height": 3, "width": 4, "seed": 1}, MAPS, {"training": False}),
        ({"height": 9, "width": 3, **FIRST_FORMAT}, FIRST, {}),
    ],
    "RandomErasing": [
        ({"fill_value": (1, 2, 3)}, MAPS, {"training": False}),
    ],
    "RandomFlip": [
        ({}, MAPS, {}),
        ({"mode": "vertical", "seed": 2, **FIRST_FORMAT}, FIRST, {}),
    ],
    "RandomGrayscale": [
        ({}, MAPS, {"training": False}),
    ],
    "RandomHue": [
        ({"factor": 0.2}, MAPS, {"training": False}),
    ],
    "RandomRotation": [
        ({"factor": 0.2}, MAPS, {}),
        ({"factor": (0.1, 0.4), "fill_mode": "constant", "interpolation": "nearest"}, MAPS, {}),
    ],
    "RandomSaturation": [
        ({"factor": 0.7}, MAPS, {"training": False}),
    ],
    "RandomShear": [
        ({"x_factor": 0.3, "y_factor": (0.1, 0.2), **FIRST_FORMAT}, FIRST, {}),
    ],
    "RandomTranslation": [
        ({"height_factor": 0.3, "width_factor": 0.2, "fill_mode": "wrap"}, MAPS, {}),
    ],
    "RandomZoom": [
        ({"height_factor": 0.4}, MAPS, {}),
        ({"height_factor": 0.4, "width_factor": (0.1, 0.6), "fill_mode": "nearest"}, MAPS, {}),
    ],
    "ReLU": [
        ({}, (5, 7), KINKED),
        ({"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.3}, MAPS, KINKED),
        ({"max_value": 6}, (5, 3, 4), KINKED),
        ({"negative_slope": 0.5}, (5,), KINKED),
    ],
    "RepeatVector": [
        ({"n": 3}, (4, 5), {}),
        ({"n": 1}, (4, 1), {}),
    ],
    "Rescaling": [
        ({"scale": 1 / 255}, MAPS, {}),
        ({"scale": -2, "offset": 1.5}, (5, 7), {}),
        ({"scale": 0.5}, (5,), {}),
    ],
    "Reshape": [
        ({"target_shape": (2, 6)}, (5, 12), {}),
        ({"target_shape": (-1, 9)}, MAPS, {}),
        ({"target_shape": (-1,)}, (5, 3, 4), {}),
    ],
    "Resizing": [
        ({"height": 4, "width": 9}, MAPS, {}),
        ({"height": 7, "width": 6}, MAPS, {}),
        ({"height": 3, "width": 8, "interpolation": "nearest"}, MAPS, {}),
        ({"height": 4, "width": 4, "crop_to_aspect_ratio": True}, (3, 5, 9, 17), {}),
        ({"height": 4, "width": 4, "pad_to_aspect_ratio": True, "fill_value": 1.5}, (3, 5, 9, 2), {}),
        ({"height": 9, "width": 5, **FIRST_FORMAT}, FIRST, {}),
    ],
    "ResizingLike": [
        ({}, [MAPS, (5, 4, 9, 2)], {}),
        ({"interpolation": "nearest"}, [MAPS, (5, 4, 9, 2)], {}),
        ({}, [LINES, (4, 5, 3)], {}),
        ({}, [VOLUMES, (3, 2, 7, 3, 1)], {}),
        ({**FIRST_FORMAT}, [FIRST, (5, 1, 6, 9)], {}),
    ],
    "SeparableConv1D": [
        ({"filters": 4, "kernel_size": 3}, LINES, {}),
        ({"filters": 17, "kernel_size": 4, "strides": 2, "padding": "same", "activation": "tanh"}, LINES, {}),
        ({"filters": 4, "kernel_size": 3, "depth_multiplier": 2, "use_bias": False, **FIRST_FORMAT}, (4, 3, 9), {}),
    ],
    "SeparableConv2D": [
        ({"filters": 4, "kernel_size": 3}, MAPS, {}),
        ({"filters": 17, "kernel_size": 3, "padding": "same", "activation": "tanh"}, (3, 9, 11, 5), {}),
        ({"filters": 5, "kernel_size": (3, 2), "strides": 2, "padding": "same", "depth_multiplier": 2}, MAPS, {}),
        ({"filters": 4, "kernel_size": 2, "dilation_rate": 2, "activation": "relu", "use_bias": False}, MAPS, KINKED),
        ({"filters": 4, "kernel_size": 3, "padding": "same", **FIRST_FORMAT}, FIRST, {}),
        ({"filters": 2, "kernel_size": 3, "trainable": False}, MAPS, {}),
    ],
    "Softmax": [
        ({}, (5, 7), {}),
        ({"axis": -1}, (3, 2, 4, 17), {}),
        ({"axis": 1}, (5, 3, 4), {}),
        ({"axis": -2}, MAPS, {}),
    ],
    "SpatialDropout1D": [
        ({"rate": 0.4}, LINES, {}),
    ],
    "SpatialDropout2D": [
        ({"rate": 0.4, "seed": 5}, MAPS, {}),
        ({"rate": 0.4, **FIRST_FORMAT}, FIRST, {}),
        ({"rate": 0.4}, MAPS, {"training": False}),
    ],
    "SpatialDropout3D": [
        ({"rate": 0.4}, VOLUMES, {}),
    ],
    "Subtract": [
        ({}, [(4, 5), (4, 5)], {}),
        ({}, [MAPS, (5, 6, 1)], {}),
    ],
    "SpectralNormalization": [
        ({"layer": layers.Dense(3)}, (5, 4, 7), {"training": False}),
        ({"layer": layers.Conv2D(2, 3), "power_iterations": 2}, MAPS, {"training": False}),
    ],
    "SumPooling2D": [
        ({}, MAPS, {}),
        ({"pool_size": (3, 2), "strides": (2, 1), "padding": "same"}, (3, 8, 9, 17), {}),
        ({"pool_size": 2, **FIRST_FORMAT}, FIRST, {}),
    ],
    "TimeDistributed": [
        ({"layer": layers.Dense(3)}, (5, 4, 7), {}),
        ({"layer": layers.Conv2D(2, 2, activation="tanh")}, (3, 4, 5, 3, 2), {}),
        ({"layer": layers.AveragePooling2D(2)}, (3, 1, 5, 4, 2), {}),
    ],
    "UnitNormalization": [
        ({}, (5, 7), {}),
        ({"axis": 1}, MAPS, {}),
        ({"axis": [1, 2, 3]}, (3, 4, 5, 2), {}),
    ],
    "UpSampling1D": [
        ({}, LINES, {}),
        ({"size": 3}, (4, 2, 17), {}),
    ],
    "UpSampling2D": [
        ({}, MAPS, {}),
        ({"size": (3, 1)}, (3, 4, 3, 17), {}),
        ({"interpolation": "bilinear"}, MAPS, {}),
        ({"size": (1, 2), **FIRST_FORMAT}, FIRST, {}),
        ({"size": (2, 3), "interpolation": "bilinear", **FIRST_FORMAT}, FIRST, {}),
    ],
    "UpSampling3D": [
        ({}, VOLUMES, {}),
        ({"size": (1, 2, 3)}, VOLUMES, {}),
        ({"size": (2, 1, 2), **FIRST_FORMAT}, (3, 2, 4, 5, 3), {}),
    ],
    "ZeroPadding1D": [
        ({}, LINES, {}),
        ({"padding": (0, 3)}, LINES, {}),
        ({"padding": (2, 1), **FIRST_FORMAT}, (4, 3, 5), {}),
    ],
    "ZeroPadding2D": [
        ({}, MAPS, {}),
        ({"padding": 0}, MAPS, {}),
        ({"padding": (0, 2)}, MAPS, {}),
        ({"padding": ((1, 0), (2, 3))}, MAPS, {}),
        ({"padding": ((1, 0), (2, 3)), **FIRST_FORMAT}, FIRST, {}),
    ],
    "ZeroPadding3D": [
        ({}, VOLUMES, {}),
        ({"padding": ((1, 0), (0, 0), (2, 3))}, VOLUMES, {}),
        ({"padding": ((1, 0), (2, 1), (0, 1)), **FIRST_FORMAT}, (3, 2, 4, 5, 3), {}),
    ],
}  # fmt: skip


def _cases():
    for name, rows in TABLE.items():
        for arguments, shape, options in rows:
            words = "-".join(f"{key}={getattr(value, '__name__', value)}" for key, value in arguments.items())
            shapes = shape if isinstance(shape, list) else [shape]
            sizes = "-".join("x".join(map(str, one)) for one in shapes)
            yield pytest.param(name, arguments, shape, options, id=f"{name}-{words}-{sizes}")


def test_the_table_holds_every_public_layer():
    canonical = {getattr(layers, name) for name in layers.__all__ if name not in WITHOUT}
    assert canonical == {getattr(layers, name) for name in TABLE}


def test_aliases_are_the_layers_themselves():
    for alias, name in [
        ("Convolution1D", "Conv1D"),
        ("Convolution2D", "Conv2D"),
        ("Convolution3D", "Conv3D"),
        ("Convolution1DTranspose", "Conv1DTranspose"),
        ("Convolution2DTranspose", "Conv2DTranspose"),
        ("Convolution3DTranspose", "Conv3DTranspose"),
        ("SeparableConvolution1D", "SeparableConv1D"),
        ("SeparableConvolution2D", "SeparableConv2D"),
        *((f"MaxPool{d}D", f"MaxPooling{d}D") for d in (1, 2, 3)),
        *((f"AvgPool{d}D", f"AveragePooling{d}D") for d in (1, 2, 3)),
        *((f"GlobalMaxPool{d}D", f"GlobalMaxPooling{d}D") for d in (1, 2, 3)),
        *((f"GlobalAvgPool{d}D", f"GlobalAveragePooling{d}D") for d in (1, 2, 3)),
    ]:
        assert getattr(layers, alias) is getattr(layers, name)


@pytest.mark.parametrize(("name", "arguments", "shape", "options"), list(_cases()))
def test_layer(name, arguments, shape, options):
    rng = np.random.default_rng(5)
    several = isinstance(shape, list)
    labels = options.get("labels")  # the input are numbers below this; half-way between them, none is near a step
    options = {key: value for key, value in options.items() if key != "labels"}
    x = [rng.standard_normal(one).astype(np.float32) for one in (shape if several else [shape])]
    x = x if labels is None else [rng.integers(labels, size=one.shape) + 0.5 for one in x]
    if options.get("smooth") is False:  # ties and zeros, where bends and maxima are
        x = [np.round(array * 2) / 2 for array in x]
    check_layer(lambda: getattr(layers, name)(**arguments), x if several else x[0], **options)


HALVES = {"kernel_initializer": "ones", "bias_initializer": initializers.Constant(0.5), "activation": "relu"}


@pytest.mark.parametrize(
    ("name", "arguments", "shape", "values"),
    [  # inputs that keep a distance from every bend: sums of -1, 0, 1 and a half; different integers
        ("Conv2D", {"filters": 4, "kernel_size": 3, **HALVES}, MAPS, "signs"),
        ("Conv2D", {"filters": 4, "kernel_size": (2, 3), "padding": "same", **FIRST_FORMAT, **HALVES}, FIRST, "signs"),
        ("Dense", {"units": 6, **HALVES}, (17, 9), "signs"),
        ("ReLU", {"max_value": 2.5, "negative_slope": 0.1, "threshold": 0.3}, MAPS, "signs"),
        ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, MAPS, "different"),
        ("MaxPooling2D", {"pool_size": (2, 3), "strides": 1}, (3, 8, 9, 17), "different"),
        ("GlobalMaxPooling2D", {}, MAPS, "different"),
        ("Maximum", {}, [MAPS, MAPS, MAPS], "different"),
        ("Minimum", {}, BROADCAST, "different"),
    ],
)
def test_gradients_away_from_the_bends(name, arguments, shape, values):
    rng = np.random.default_rng(9)
    shapes = shape if isinstance(shape, list) else [shape]
    sizes = [math.prod(one) for one in shapes]
    numbers = rng.integers(-1, 2, sum(sizes)) if values == "signs" else rng.permutation(sum(sizes)) - sum(sizes) // 2
    parts = np.split(numbers, np.cumsum(sizes)[:-1])
    x = [part.reshape(one) for part, one in zip(parts, shapes, strict=True)]
    check_layer(lambda: getattr(layers, name)(**arguments), x if isinstance(shape, list) else x[0])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Conv2D", {"filters": 5, "kernel_size": (3, 2), "strides": (2, 1), "padding": "same", "activation": "tanh"}),
        ("Conv2DTranspose", {"filters": 5, "kernel_size": (3, 2), "strides": (2, 1), "padding": "same"}),
        ("DepthwiseConv2D", {"kernel_size": (3, 2), "strides": 2, "padding": "same", "depth_multiplier": 2}),
        ("SeparableConv2D", {"filters": 5, "kernel_size": (3, 2), "padding": "same", "activation": "tanh"}),
        ("MaxPooling2D", {"pool_size": (2, 3)}),
        ("AveragePooling2D", {"pool_size": (2, 3), "padding": "same"}),
        ("GlobalMaxPooling2D", {"keepdims": True}),
        ("GlobalAveragePooling2D", {"keepdims": True}),
        ("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}),
    ],
)
def test_channels_first_is_channels_last_with_its_axes_moved(name, arguments):
    x = np.random.default_rng(3).standard_normal(FIRST).astype(np.float32)
    last, first = (getattr(layers, name)(data_format=f"channels_{end}", **arguments) for end in ("last", "first"))
    expected = last(np.moveaxis(x, 1, -1))
    first.build(FIRST)
    first.set_weights(last.get_weights())
    assert np.array_equal(first(x), np.moveaxis(expected, -1, 1))


@pytest.mark.parametrize("name", ["GlobalMaxPooling2D", "GlobalAveragePooling2D"])
def test_global_pooling_of_channels_first(name):
    x = np.random.default_rng(3).standard_normal(FIRST).astype(np.float32)
    first = getattr(layers, name)(data_format="channels_first")
    assert np.array_equal(first(x), getattr(layers, name)()(np.moveaxis(x, 1, -1)))


@pytest.mark.parametrize("shape", [(5, 4), (5, 3, 4), (5, 3, 7, 6), (4, 3, 2, 5, 2), (4, 3, 2, 4, 2, 3, 5)])
def test_another_axis_is_the_last_one_moved(shape):
    x = np.random.default_rng(3).standard_normal(shape).astype(np.float32)
    for axis in range(1, len(shape)):
        moved = np.moveaxis(x, axis, -1)
        assert np.array_equal(layers.Softmax(axis=axis)(x), np.moveaxis(layers.Softmax()(moved), -1, axis))
        for training in (False, True):
            expected = layers.BatchNormalization()(moved, training=training)
            found = layers.BatchNormalization(axis=axis)(x, training=training)
            assert np.array_equal(found, np.moveaxis(expected, -1, axis))
    assert np.array_equal(layers.Flatten(data_format="channels_first")(x), np.moveaxis(x, 1, -1).reshape(len(x), -1))
