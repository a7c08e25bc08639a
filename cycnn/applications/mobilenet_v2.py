"""MobileNetV2: inverted residuals, thin between the blocks and wide within."""

from cycnn import layers
from cycnn.applications import imagenet_utils
from cycnn.applications.blocks import channel_axis, divisible, normalized, padded
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.mobilenet import trained_side
from cycnn.applications.weight_files import STORAGE, Published

SIDES = (224, 192, 160, 128, 96)  # of the images that there are published weights for
ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
BLOCKS = (  # table 2: expansion, filters, repetitions, strides of the first one
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


@documented(size=224, least=32)
def MobileNetV2(input_shape=None, alpha=1.0, include_top=True, weights="imagenet", input_tensor=None, pooling=None,
                classes=1000, classifier_activation="softmax", name=None):  # fmt: skip
    """MobileNet, second version: 3,538,984 parameters. `alpha` multiplies the numbers of filters. Published weights are for
    an alpha of 0.35, 0.5, 0.75, 1, 1.3 or 1.4 and images of 96, 128, 160, 192 or 224 pixels.

    Reference:
        Sandler, Howard, Zhu, Zhmoginov and Chen, MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=SIDES[0], least=32, sizes=SIDES[1:])  # fmt: skip
    files = None
    if frame.pretrained:
        if alpha not in ALPHAS:
            raise ValueError(
                f"`alpha` must be one of {', '.join(map(str, ALPHAS))} with `weights='imagenet'`. Received: alpha={alpha}."
            )
        stem = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{trained_side(frame.side, SIDES)}"
        files = Published(f"{STORAGE}/mobilenet_v2/{stem}", suffix="_no_top")
    x = layers.Conv2D(divisible(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(frame.input)
    x = _relu6(_normalized(x, "bn_Conv1"), "Conv1_relu")
    k = 0
    for expansion, filters, repetitions, strides in BLOCKS:
        for repetition in range(repetitions):
            x = _block(x, expansion, divisible(int(filters * alpha)), 1 if repetition else strides, k)
            k += 1
    # The last convolution is never narrower than the paper's.
    x = layers.Conv2D(divisible(1280 * max(1.0, alpha)), 1, use_bias=False, name="Conv_1")(x)
    x = _relu6(_normalized(x, "Conv_1_bn"), "out_relu")
    return frame.model(frame.top(x), name or f"mobilenetv2_{alpha:0.2f}_{frame.side}", files)


def _block(x, expansion, filters, strides, k):
    """A 1×1 convolution that widens (but in the first block), a depthwise one, and a 1×1 convolution that narrows, without
    an activation."""
    before, name = x, f"block_{k}" if k else "expanded_conv"
    channels = x.shape[channel_axis()]
    if k:
        x = layers.Conv2D(expansion * channels, 1, padding="same", use_bias=False, name=f"{name}_expand")(x)
        x = _relu6(_normalized(x, f"{name}_expand_BN"), f"{name}_expand_relu")
    if strides == 2:
        x = padded(x, 3, f"{name}_pad")
    padding = "same" if strides == 1 else "valid"
    x = layers.DepthwiseConv2D(3, strides=strides, padding=padding, use_bias=False, name=f"{name}_depthwise")(x)
    x = _relu6(_normalized(x, f"{name}_depthwise_BN"), f"{name}_depthwise_relu")
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}_project")(x)
    x = _normalized(x, f"{name}_project_BN")
    if strides == 1 and channels == filters:
        return layers.Add(name=f"{name}_add")([before, x])
    return x


def _normalized(x, name):
    return normalized(x, name, epsilon=1e-3, momentum=0.999)


def _relu6(x, name):
    return layers.ReLU(6.0, name=name)(x)


def preprocess_input(x, data_format=None):
    """Images as this architecture's weights were trained with them: `imagenet_utils.preprocess_input` in mode "tf".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: values in [-1, 1].
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")


__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]
