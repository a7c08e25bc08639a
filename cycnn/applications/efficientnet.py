"""EfficientNetB0 to B7: one network, scaled in width, depth and size of the images together."""

import math
from typing import NamedTuple

from cycnn import initializers, layers
from cycnn.applications.blocks import channel_axis, divisible, normalized, padded
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import RGB_DEVIATION, decode_predictions
from cycnn.applications.weight_files import Published

STORAGE = "https://storage.googleapis.com/keras-applications"
MD5 = {
    "b0": ("902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"),
    "b1": ("1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"),
    "b2": ("b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"),
    "b3": ("ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"),
    "b4": ("18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"),
    "b5": ("ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"),
    "b6": ("165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"),
    "b7": ("8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"),
}


class Scale(NamedTuple):
    """How a member of the family differs from B0: `width` times the filters, `depth` times the blocks, and the rate of the
    dropout in front of the classifier."""

    width: float
    depth: float
    dropout: float


SCALES = {
    "b0": Scale(1.0, 1.0, 0.2),
    "b1": Scale(1.0, 1.1, 0.2),
    "b2": Scale(1.1, 1.2, 0.3),
    "b3": Scale(1.2, 1.4, 0.3),
    "b4": Scale(1.4, 1.8, 0.4),
    "b5": Scale(1.6, 2.2, 0.4),
    "b6": Scale(1.8, 2.6, 0.5),
    "b7": Scale(2.0, 3.1, 0.5),
}
# Table 1, second to eighth stage: size of the kernel, repetitions, filters, expansion, strides of the first block.
STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
SQUEEZE = 0.25  # channels within squeeze-and-excitation, of those that come into the block
DROP = 0.2  # rate at which the last block is left out while training; earlier ones less, in proportion


@documented(size=224, least=32)
def EfficientNetB0(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None,
                   classes=1000, classifier_activation="softmax", name="efficientnetb0"):  # fmt: skip
    """EfficientNet, its smallest member: 5,330,571 parameters. It takes pixels from 0 to 255 and scales them itself.

    Reference:
        Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _efficientnet(frame, name, "b0")


@documented(size=240, least=32)
def EfficientNetB1(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None,
                   classes=1000, classifier_activation="softmax", name="efficientnetb1"):  # fmt: skip
    """EfficientNet, scaled for images of 240 pixels: 7,856,239 parameters; see `EfficientNetB0`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=240, least=32)  # fmt: skip
    return _efficientnet(frame, name, "b1")


@documented(size=260, least=32)
def EfficientNetB2(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None,
                   classes=1000, classifier_activation="softmax", name="efficientnetb2"):  # fmt: skip
    """EfficientNet, scaled for images of 260 pixels: 9,177,569 parameters; see `EfficientNetB0`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=260, least=32)  # fmt: skip
    return _efficientnet(frame, name, "b2")


@documented(size=300, least=32)
def EfficientNetB3(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None,
                   classes=1000, classifier_activation="softmax", name="efficientnetb3"):  # fmt: skip
    """EfficientNet, scaled for images of 300 pixels: 12,320,535 parameters; see `EfficientNetB0`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=300, least=32)  # fmt: skip
    return _efficientnet(frame, name, "b3")


@documented(size=380, least=32)
def EfficientNetB4(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None,
                   classes=1000, classifier_activation="softmax", name="efficientnetb4"):  # fmt: skip
    """EfficientNet, scaled for images of 380 pixels: 19,466,823 parameters; see `EfficientNetB0`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=380, least=32)  # fmt: skip
    return _efficientnet(frame, name, "b4")


@documented(size=456, least=32)
def EfficientNetB5(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None,
                   classes=1000, classifier_activation="softmax", name="efficientnetb5"):  # fmt: skip
    """EfficientNet, scaled for images of 456 pixels: 30,562,527 parameters; see `EfficientNetB0`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=456, least=32)  # fmt: skip
    return _efficientnet(frame, name, "b5")


@documented(size=528, least=32)
def EfficientNetB6(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None,
                   classes=1000, classifier_activation="softmax", name="efficientnetb6"):  # fmt: skip
    """EfficientNet, scaled for images of 528 pixels: 43,265,143 parameters; see `EfficientNetB0`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=528, least=32)  # fmt: skip
    return _efficientnet(frame, name, "b6")


@documented(size=600, least=32)
def EfficientNetB7(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None,
                   classes=1000, classifier_activation="softmax", name="efficientnetb7"):  # fmt: skip
    """EfficientNet, scaled for images of 600 pixels: 66,658,687 parameters; see `EfficientNetB0`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=600, least=32)  # fmt: skip
    return _efficientnet(frame, name, "b7")


def _efficientnet(frame, name, key):
    width, depth, dropout = SCALES[key]
    x = layers.Rescaling(1 / 255)(frame.input)
    x = layers.Normalization(axis=channel_axis())(x)
    if frame.pretrained:
        # The published weights hold variances and were trained with x divided by them, not by their roots.
        x = layers.Rescaling([1 / math.sqrt(deviation) for deviation in RGB_DEVIATION])(x)
    x = padded(x, 3, "stem_conv_pad")
    x = _convolution(x, divisible(32 * width), 3, "stem_conv", strides=2, padding="valid")
    x = _active(normalized(x, "stem_bn"), "stem_activation")
    stages = [(size, math.ceil(depth * repetitions), *rest) for size, repetitions, *rest in STAGES]
    blocks, done = sum(repetitions for _, repetitions, *_ in stages), 0
    for stage, (size, repetitions, filters, expansion, strides) in enumerate(stages, 1):
        for k in range(repetitions):
            block = f"block{stage}{chr(ord('a') + k)}_"
            x = _block(x, divisible(filters * width), size, 1 if k else strides, expansion, DROP * done / blocks, block)
            done += 1
    x = _convolution(x, divisible(1280 * width), 1, "top_conv")
    x = _active(normalized(x, "top_bn"), "top_activation")
    if frame.include_top:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dropout(dropout, name="top_dropout")(x)
        x = frame.classifier(x, kernel_initializer=initializers.VarianceScaling(1 / 3, "fan_out", "uniform"))
    else:
        x = frame.pooled(x, "avg_pool", "max_pool")
    return frame.model(x, name, Published(f"{STORAGE}/efficientnet{key}", MD5[key]))


def _block(x, filters, size, strides, expansion, drop, name):
    """An inverted residual: a 1×1 convolution that widens, a depthwise one, squeeze-and-excitation, and a 1×1 convolution
    that narrows. The whole of a sample is left out at rate `drop`."""
    before, channels = x, x.shape[channel_axis()]
    if expansion > 1:
        x = _convolution(x, expansion * channels, 1, f"{name}expand_conv")
        x = _active(normalized(x, f"{name}expand_bn"), f"{name}expand_activation")
    if strides == 2:
        x = padded(x, size, f"{name}dwconv_pad")
    padding = "same" if strides == 1 else "valid"
    x = layers.DepthwiseConv2D(size, strides=strides, padding=padding, use_bias=False, depthwise_initializer=_fan_out(),
                               name=f"{name}dwconv")(x)  # fmt: skip
    x = _active(normalized(x, f"{name}bn"), f"{name}activation")
    x = _excited(x, max(1, int(channels * SQUEEZE)), name)
    x = normalized(_convolution(x, filters, 1, f"{name}project_conv"), f"{name}project_bn")
    if strides == 1 and channels == filters:
        if drop > 0:
            x = layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
        x = layers.add([x, before], name=f"{name}add")
    return x


def _excited(x, filters, name):
    """Channels times factors that two dense layers make of the channels' averages (Hu, Shen and Sun, CVPR 2018)."""
    channels = x.shape[channel_axis()]
    one_pixel = (1, 1, channels) if channel_axis() == 3 else (channels, 1, 1)
    factors = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    factors = layers.Reshape(one_pixel, name=f"{name}se_reshape")(factors)
    factors = _convolution(factors, filters, 1, f"{name}se_reduce", use_bias=True, activation="swish")
    factors = _convolution(factors, channels, 1, f"{name}se_expand", use_bias=True, activation="sigmoid")
    return layers.multiply([x, factors], name=f"{name}se_excite")


def _convolution(x, filters, size, name, padding="same", use_bias=False, **options):
    return layers.Conv2D(filters, size, padding=padding, use_bias=use_bias, kernel_initializer=_fan_out(), name=name,
                         **options)(x)  # fmt: skip


def _fan_out():
    """Variance 2 / fan out, as the paper's code starts; a new initializer for each layer, because each has its numbers."""
    return initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")


def _active(x, name):
    return layers.Activation("swish", name=name)(x)


def preprocess_input(x, data_format=None):
    """The images as they are: the first layers of an EfficientNet scale them.

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: Not looked at; it is here because the other architectures' functions have it.

    Returns:
        `x`.
    """
    return x


__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]
