"""ResNet50V2, ResNet101V2, ResNet152V2: residual blocks that begin with batch normalization and relu."""

from cycnn import layers
from cycnn.applications import imagenet_utils
from cycnn.applications.blocks import normalized_relu
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.resnet import FILTERS, published


@documented(size=224, least=32)
def ResNet50V2(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
               classifier_activation="softmax", name="resnet50v2"):  # fmt: skip
    """ResNet of 50 layers with pre-activation: 25,613,800 parameters.

    Reference:
        He, Zhang, Ren and Sun, Identity Mappings in Deep Residual Networks, ECCV 2016.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _resnet(frame, name, (3, 4, 6, 3), published("resnet50v2"))


@documented(size=224, least=32)
def ResNet101V2(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
                classifier_activation="softmax", name="resnet101v2"):  # fmt: skip
    """ResNet of 101 layers with pre-activation: 44,675,560 parameters; see `ResNet50V2`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _resnet(frame, name, (3, 4, 23, 3), published("resnet101v2"))


@documented(size=224, least=32)
def ResNet152V2(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
                classifier_activation="softmax", name="resnet152v2"):  # fmt: skip
    """ResNet of 152 layers with pre-activation: 60,380,648 parameters; see `ResNet50V2`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _resnet(frame, name, (3, 8, 36, 3), published("resnet152v2"))


def _resnet(frame, name, depths, files):
    """A column of table 1 of the first paper (see `resnet`): stacks of blocks, of which the last one halves the image."""
    x = layers.ZeroPadding2D(3, name="conv1_pad")(frame.input)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stack, (filters, depth) in enumerate(zip(FILTERS, depths, strict=True), 2):
        for k in range(1, depth + 1):
            halve = k == depth and stack < 5
            x = _block(x, filters, f"conv{stack}_block{k}", strides=2 if halve else 1, project=k == 1)
    x = normalized_relu(x, "post")
    return frame.model(frame.top(x, "avg_pool", "max_pool"), name, files)


def _block(x, filters, name, strides, project):
    """y = x + F(relu(x normalized)), F a bottleneck of 1×1, 3×3 and 1×1 convolutions; `project`: a convolution instead of
    the first x."""
    active = normalized_relu(x, f"{name}_preact")
    if project:
        shortcut = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(active)
    else:
        shortcut = layers.MaxPooling2D(1, strides=strides)(x) if strides > 1 else x
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(active)
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(normalized_relu(x, f"{name}_1"))
    x = layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=f"{name}_2_conv")(x)
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(normalized_relu(x, f"{name}_2"))
    return layers.Add(name=f"{name}_out")([shortcut, x])


def preprocess_input(x, data_format=None):
    """Images as this architecture's weights were trained with them: `imagenet_utils.preprocess_input` in mode "tf".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: values in [-1, 1].
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")


__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]
