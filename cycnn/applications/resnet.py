"""ResNet50, ResNet101, ResNet152: residual blocks that end in relu."""

from cycnn import layers
from cycnn.applications import imagenet_utils
from cycnn.applications.blocks import EPSILON, normalized, normalized_relu
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.weight_files import STORAGE, Published

FILTERS = (64, 128, 256, 512)
MD5 = {
    "resnet50": ("2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"),
    "resnet101": ("f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"),
    "resnet152": ("100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"),
    "resnet50v2": ("3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"),
    "resnet101v2": ("6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"),
    "resnet152v2": ("a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"),
}


def published(key):
    """The files of an architecture, here or in `resnet_v2`."""
    return Published(f"{STORAGE}/resnet/{key}_weights_tf_dim_ordering_tf_kernels", MD5[key])


@documented(size=224, least=32)
def ResNet50(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
             classifier_activation="softmax", name="resnet50"):  # fmt: skip
    """ResNet of 50 layers: 25,636,712 parameters.

    Blocks with strides have these in their first convolution, as in the paper.

    Reference:
        He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _resnet(frame, name, (3, 4, 6, 3), published("resnet50"))


@documented(size=224, least=32)
def ResNet101(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
              classifier_activation="softmax", name="resnet101"):  # fmt: skip
    """ResNet of 101 layers: 44,707,176 parameters; see `ResNet50`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _resnet(frame, name, (3, 4, 23, 3), published("resnet101"))


@documented(size=224, least=32)
def ResNet152(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
              classifier_activation="softmax", name="resnet152"):  # fmt: skip
    """ResNet of 152 layers: 60,419,944 parameters; see `ResNet50`."""
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return _resnet(frame, name, (3, 8, 36, 3), published("resnet152"))


def _resnet(frame, name, depths, files):
    """A column of table 1: a stem, four stacks of bottleneck blocks, the second to fourth of which halve the image."""
    x = layers.ZeroPadding2D(3, name="conv1_pad")(frame.input)
    x = normalized_relu(layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x), "conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stack, (filters, depth) in enumerate(zip(FILTERS, depths, strict=True), 2):
        x = _block(x, filters, f"conv{stack}_block1", strides=1 if stack == 2 else 2, project=True)
        for k in range(2, depth + 1):
            x = _block(x, filters, f"conv{stack}_block{k}")
    return frame.model(frame.top(x, "avg_pool", "max_pool"), name, files)


def _block(x, filters, name, strides=1, project=False):
    """y = relu(x + F(x)), F a bottleneck of 1×1, 3×3 and 1×1 convolutions; `project`: a convolution instead of x."""
    shortcut = x
    if project:
        shortcut = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(x)
        shortcut = normalized(shortcut, f"{name}_0_bn", epsilon=EPSILON)
    x = normalized_relu(layers.Conv2D(filters, 1, strides=strides, name=f"{name}_1_conv")(x), f"{name}_1")
    x = normalized_relu(layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x), f"{name}_2")
    x = normalized(layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3_bn", epsilon=EPSILON)
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def preprocess_input(x, data_format=None):
    """Images as this architecture's weights were trained with them: `imagenet_utils.preprocess_input` in mode "caffe".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: blue, green, red, each minus its mean on ImageNet.
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")


__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]
