"""DenseNet121, DenseNet169, DenseNet201: each layer sees what all layers before it made."""

from cycnn import layers
from cycnn.applications import imagenet_utils
from cycnn.applications.blocks import EPSILON, channel_axis, normalized, normalized_relu
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.weight_files import STORAGE, Published

GROWTH = 32  # channels that a layer adds
COMPRESSION = 0.5  # of the channels between blocks
MD5 = {
    "densenet121": ("9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"),
    "densenet169": ("d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"),
    "densenet201": ("1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"),
}


@documented(size=224, least=32)
def DenseNet121(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
                classifier_activation="softmax", name="densenet121"):  # fmt: skip
    """DenseNet of 121 layers: 8,062,504 parameters.

    Reference:
        Huang, Liu, van der Maaten and Weinberger, Densely Connected Convolutional Networks, CVPR 2017.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _densenet(frame, name, (6, 12, 24, 16), "densenet121")


@documented(size=224, least=32)
def DenseNet169(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
                classifier_activation="softmax", name="densenet169"):  # fmt: skip
    """DenseNet of 169 layers: 14,307,880 parameters; see `DenseNet121`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _densenet(frame, name, (6, 12, 32, 32), "densenet169")


@documented(size=224, least=32)
def DenseNet201(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
                classifier_activation="softmax", name="densenet201"):  # fmt: skip
    """DenseNet of 201 layers: 20,242,984 parameters; see `DenseNet121`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _densenet(frame, name, (6, 12, 48, 32), "densenet201")


def _densenet(frame, name, depths, key):
    """A column of table 1: a stem, and four dense blocks with transitions between them."""
    x = layers.ZeroPadding2D(3)(frame.input)
    x = normalized_relu(layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x), "conv1")
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(layers.ZeroPadding2D(1)(x))
    for block, depth in enumerate(depths, 2):
        if block > 2:
            x = _transition(x, f"pool{block - 1}")
        for k in range(1, depth + 1):
            x = _layer(x, f"conv{block}_block{k}")
    x = layers.Activation("relu", name="relu")(normalized(x, "bn", epsilon=EPSILON))
    files = Published(f"{STORAGE}/densenet/{key}_weights_tf_dim_ordering_tf_kernels", MD5[key])
    return frame.model(frame.top(x, "avg_pool", "max_pool"), name, files)


def _layer(x, name):
    """What came, and the channels that a bottleneck of a 1×1 and a 3×3 convolution makes of it."""
    new = layers.Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(normalized_relu(x, f"{name}_0"))
    new = normalized_relu(new, f"{name}_1")
    new = layers.Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(new)
    return layers.Concatenate(axis=channel_axis(), name=f"{name}_concat")([x, new])


def _transition(x, name):
    """Fewer channels, and a quarter of the pixels."""
    filters = int(x.shape[channel_axis()] * COMPRESSION)
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_conv")(normalized_relu(x, name))
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def preprocess_input(x, data_format=None):
    """Images as this architecture's weights were trained with them: `imagenet_utils.preprocess_input` in mode "torch".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: values of mean 0 and standard deviation 1 on ImageNet.
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="torch")


__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]
