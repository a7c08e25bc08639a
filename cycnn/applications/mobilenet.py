"""MobileNet: depthwise and 1×1 convolutions in turns."""

import warnings

from cycnn import layers
from cycnn.applications import imagenet_utils
from cycnn.applications.blocks import normalized
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.weight_files import STORAGE, Published

SIDES = (224, 192, 160, 128)  # of the images that there are published weights for
ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}
BLOCKS = (  # table 1: filters of the 1×1 convolution, strides of the depthwise one
    (64, 1),
    (128, 2), (128, 1),
    (256, 2), (256, 1),
    (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
    (1024, 2), (1024, 1),
)  # fmt: skip


@documented(size=224, least=32)
def MobileNet(input_shape=None, alpha=1.0, depth_multiplier=1, dropout=1e-3, include_top=True, weights="imagenet",
              input_tensor=None, pooling=None, classes=1000, classifier_activation="softmax", name=None):  # fmt: skip
    """MobileNet: 4,253,864 parameters. `alpha` multiplies the numbers of filters; `depth_multiplier` is that of the
    depthwise convolutions; `dropout` is the rate in front of the classifier. Published weights are for an alpha of 0.25,
    0.5, 0.75 or 1 and images of 128, 160, 192 or 224 pixels.

    Reference:
        Howard and others, MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications, 2017.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=SIDES[0], least=32, sizes=SIDES[1:])  # fmt: skip
    files = None
    if frame.pretrained:
        if depth_multiplier != 1:
            raise ValueError(
                f"`depth_multiplier` must be 1 with `weights='imagenet'`. Received: depth_multiplier={depth_multiplier}."
            )
        if alpha not in ALPHAS:
            raise ValueError(
                f"`alpha` must be one of {', '.join(map(str, ALPHAS))} with `weights='imagenet'`. Received: alpha={alpha}."
            )
        side = trained_side(frame.side, SIDES)
        files = Published(f"{STORAGE}/mobilenet/mobilenet_{ALPHAS[alpha]}_{side}_tf", suffix="_no_top")
    x = layers.Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(frame.input)
    x = _normalized_relu6(x, "conv1")
    for k, (filters, strides) in enumerate(BLOCKS, 1):
        x = _block(x, int(filters * alpha), depth_multiplier, strides, k)
    if frame.include_top:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Conv2D(frame.classes, 1, padding="same", name="conv_preds")(x)
        x = layers.Reshape((frame.classes,), name="reshape_2")(x)
        x = layers.Activation(frame.activation, name="predictions")(x)
    else:
        x = frame.pooled(x)
    return frame.model(x, name or f"mobilenet_{alpha:0.2f}_{frame.side}", files)


def trained_side(side, sides):
    """The side of the images that weights were trained with, for images of this side: the first of `sides` where there are
    none of the same one."""
    if side in sides:
        return side
    warnings.warn(
        f"There are published weights for square images of {', '.join(map(str, sides))} pixels: those for {sides[0]} are "
        f"taken. Received: images of {'unknown or different sides' if side is None else f'{side} pixels'}.",
        stacklevel=3,
    )
    return sides[0]


def _block(x, filters, depth_multiplier, strides, k):
    """A depthwise 3×3 convolution and one of 1×1."""
    if strides == 2:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{k}")(x)
    padding = "same" if strides == 1 else "valid"
    x = layers.DepthwiseConv2D(3, strides=strides, padding=padding, depth_multiplier=depth_multiplier, use_bias=False,
                               name=f"conv_dw_{k}")(x)  # fmt: skip
    x = _normalized_relu6(x, f"conv_dw_{k}")
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{k}")(x)
    return _normalized_relu6(x, f"conv_pw_{k}")


def _normalized_relu6(x, name):
    return layers.ReLU(6.0, name=f"{name}_relu")(normalized(x, f"{name}_bn"))


def preprocess_input(x, data_format=None):
    """Images as this architecture's weights were trained with them: `imagenet_utils.preprocess_input` in mode "tf".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: values in [-1, 1].
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")


__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]
