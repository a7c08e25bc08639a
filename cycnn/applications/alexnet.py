"""AlexNet: the network that won ImageNet's challenge of 2012."""

from cycnn import layers
from cycnn.applications import imagenet_utils
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions


@documented(size=227, least=67, imagenet=False)
def AlexNet(include_top=True, weights=None, input_tensor=None, input_shape=None, pooling=None, classes=1000,
            classifier_activation="softmax", dropout=0.5, name="alexnet"):  # fmt: skip
    """AlexNet: 60,965,224 parameters. Keras has none.

    The second, fourth and fifth convolution are in two groups, which the paper's two graphics cards computed. The paper says
    224 pixels; its numbers follow from 227. `dropout` is the rate before the first two dense layers.

    Reference:
        Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, NIPS 2012.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=227, least=67, imagenet=False)  # fmt: skip
    x = layers.Conv2D(96, 11, strides=4, activation="relu", name="conv1")(frame.input)  # 55×55×96
    x = _pooled(layers.LocalResponseNormalization(name="norm1")(x), 1)
    x = layers.Conv2D(256, 5, padding="same", groups=2, activation="relu", name="conv2")(x)  # 27×27×256
    x = _pooled(layers.LocalResponseNormalization(name="norm2")(x), 2)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3")(x)  # 13×13×384
    x = layers.Conv2D(384, 3, padding="same", groups=2, activation="relu", name="conv4")(x)
    x = layers.Conv2D(256, 3, padding="same", groups=2, activation="relu", name="conv5")(x)
    x = _pooled(x, 5)  # 6×6×256
    if frame.include_top:
        x = layers.Flatten(name="flatten")(x)
        for k in (6, 7):
            x = layers.Dropout(dropout, name=f"drop{k}")(x)
            x = layers.Dense(4096, activation="relu", name=f"fc{k}")(x)
        x = frame.classifier(x)
    else:
        x = frame.pooled(x)
    return frame.model(x, name)


def _pooled(x, k):
    """Pooling whose windows overlap: section 3.4."""
    return layers.MaxPooling2D(3, strides=2, name=f"pool{k}")(x)


def preprocess_input(x, data_format=None):
    """Images with the mean of each channel on ImageNet subtracted, as the paper has them: `imagenet_utils.preprocess_input`
    in mode "caffe".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: blue, green, red, each minus its mean on ImageNet.
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")


__all__ = ["AlexNet", "decode_predictions", "preprocess_input"]
