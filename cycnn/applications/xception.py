"""Xception: depthwise separable convolutions in residual blocks."""

from cycnn import layers
from cycnn.applications import imagenet_utils
from cycnn.applications.blocks import normalized
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.weight_files import STORAGE, Published

PUBLISHED = Published(
    f"{STORAGE}/xception/xception_weights_tf_dim_ordering_tf_kernels",
    ("0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"),
)


@documented(size=299, least=71)
def Xception(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
             classifier_activation="softmax", name="xception"):  # fmt: skip
    """Xception: 22,910,480 parameters.

    Reference:
        Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, CVPR 2017, figure 5.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=299, least=71)  # fmt: skip
    x = _convolution(frame.input, 32, 2, "block1_conv1")  # entry flow
    x = _convolution(x, 64, 1, "block1_conv2")
    x = _halving(x, (128, 128), "block2", active=True)
    x = _halving(x, (256, 256), "block3")
    x = _halving(x, (728, 728), "block4")  # 19×19×728 of an image of 299×299
    for block in range(5, 13):  # middle flow
        shortcut = x
        for k in (1, 2, 3):
            x = _separable(_relu(x, f"block{block}_sepconv{k}"), 728, f"block{block}_sepconv{k}")
        x = layers.add([x, shortcut])
    x = _halving(x, (728, 1024), "block13")  # exit flow
    x = _relu(_separable(x, 1536, "block14_sepconv1"), "block14_sepconv1")
    x = _relu(_separable(x, 2048, "block14_sepconv2"), "block14_sepconv2")
    return frame.model(frame.top(x, "avg_pool" if frame.include_top else None), name, PUBLISHED)


def _halving(x, filters, name, active=False):
    """Two separable convolutions and max-pooling beside a 1×1 convolution, both with strides of 2.

    Args:
        active: whether a relu has just been.
    """
    shortcut = normalized(layers.Conv2D(filters[-1], 1, strides=2, padding="same", use_bias=False)(x))
    x = _separable(x if active else _relu(x, f"{name}_sepconv1"), filters[0], f"{name}_sepconv1")
    x = _separable(_relu(x, f"{name}_sepconv2"), filters[1], f"{name}_sepconv2")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return layers.add([x, shortcut])


def _convolution(x, filters, strides, name):
    x = layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=name)(x)
    return _relu(normalized(x, f"{name}_bn"), name)


def _separable(x, filters, name):
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return normalized(x, f"{name}_bn")


def _relu(x, name):
    return layers.Activation("relu", name=f"{name}_act")(x)


def preprocess_input(x, data_format=None):
    """Images as this architecture's weights were trained with them: `imagenet_utils.preprocess_input` in mode "tf".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: values in [-1, 1].
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")


__all__ = ["Xception", "decode_predictions", "preprocess_input"]
