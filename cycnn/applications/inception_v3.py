"""InceptionV3: branches of small and of factorized convolutions, side by side."""

from cycnn import layers
from cycnn.applications import imagenet_utils
from cycnn.applications.blocks import channel_axis, normalized
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.weight_files import STORAGE, Published

PUBLISHED = Published(
    f"{STORAGE}/inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels",
    ("9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"),
)


@documented(size=299, least=75)
def InceptionV3(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
                classifier_activation="softmax", name="inception_v3"):  # fmt: skip
    """Inception, third version: 23,851,784 parameters.

    Reference:
        Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, Rethinking the Inception Architecture for Computer Vision, CVPR 2016.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=299, least=75)  # fmt: skip
    x = _convolution(frame.input, 32, 3, strides=2, padding="valid")
    x = _convolution(x, 32, 3, padding="valid")
    x = _convolution(x, 64, 3)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = _convolution(x, 80, 1)
    x = _convolution(x, 192, 3, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(x)  # 35×35×192 of an image of 299×299
    for k, after_pool in enumerate((32, 64, 64)):
        x = _figure_5(x, after_pool, f"mixed{k}")  # 35×35×288
    x = _reduction(x, [(384, 3)], [(64, 1), (96, 3), (96, 3)], "mixed3")  # 17×17×768
    for k, filters in enumerate((128, 160, 160, 192), 4):
        x = _figure_6(x, filters, f"mixed{k}")
    x = _reduction(x, [(192, 1), (320, 3)], [(192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3)], "mixed8")  # 8×8×1280
    for k in (0, 1):
        x = _figure_7(x, k)  # 8×8×2048
    return frame.model(frame.top(x, "avg_pool" if frame.include_top else None), name, PUBLISHED)


def _figure_5(x, after_pool, name):
    """A 5×5 convolution, and another one as two of 3×3."""
    branches = [
        _branch(x, (64, 1)),
        _branch(x, (48, 1), (64, 5)),
        _branch(x, (64, 1), (96, 3), (96, 3)),
        _branch(_average(x), (after_pool, 1)),
    ]
    return _joined(branches, name)


def _figure_6(x, filters, name):
    """7×7 convolutions, each as one of 1×7 and one of 7×1."""
    row, column = (filters, (1, 7)), (filters, (7, 1))
    branches = [
        _branch(x, (192, 1)),
        _branch(x, (filters, 1), row, (192, (7, 1))),
        _branch(x, (filters, 1), column, row, column, (192, (1, 7))),
        _branch(_average(x), (192, 1)),
    ]
    return _joined(branches, name)


def _figure_7(x, k):
    """3×3 convolutions spread out to 1×3 and 3×1."""
    alone = _branch(x, (320, 1))
    once = _branch(x, (384, 1))
    once = _joined([_branch(once, (384, (1, 3))), _branch(once, (384, (3, 1)))], f"mixed9_{k}")
    twice = _branch(x, (448, 1), (384, 3))
    twice = _joined([_branch(twice, (384, (1, 3))), _branch(twice, (384, (3, 1)))])
    return _joined([alone, once, twice, _branch(_average(x), (192, 1))], f"mixed{9 + k}")


def _reduction(x, first, second, name):
    """Two branches whose last convolutions have strides of 2, beside max-pooling: figure 10."""
    branches = []
    for *before, (filters, size) in (first, second):
        branches.append(_convolution(_branch(x, *before), filters, size, strides=2, padding="valid"))
    return _joined([*branches, layers.MaxPooling2D(3, strides=2)(x)], name)


def _branch(x, *convolutions):
    """Convolutions, told as (filters, size), one behind the other."""
    for filters, size in convolutions:
        x = _convolution(x, filters, size)
    return x


def _convolution(x, filters, size, strides=1, padding="same"):
    """Convolution, batch normalization that only shifts, and relu."""
    x = layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False)(x)
    return layers.Activation("relu")(normalized(x, scale=False))


def _average(x):
    return layers.AveragePooling2D(3, strides=1, padding="same")(x)


def _joined(branches, name=None):
    return layers.Concatenate(axis=channel_axis(), name=name)(branches)


def preprocess_input(x, data_format=None):
    """Images as this architecture's weights were trained with them: `imagenet_utils.preprocess_input` in mode "tf".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: values in [-1, 1].
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")


__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]
