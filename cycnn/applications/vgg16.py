"""VGG16: thirteen convolutions of 3×3, and three dense layers."""

from cycnn.applications import imagenet_utils
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.vgg import vgg
from cycnn.applications.weight_files import STORAGE, Published

PUBLISHED = Published(
    f"{STORAGE}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels",
    ("64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"),
)


@documented(size=224, least=32)
def VGG16(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
          classifier_activation="softmax", name="vgg16"):  # fmt: skip
    """VGG16, configuration D: 138,357,544 parameters.

    Reference:
        Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return vgg(frame, name, (2, 2, 3, 3, 3), PUBLISHED)


def preprocess_input(x, data_format=None):
    """Images as this architecture's weights were trained with them: `imagenet_utils.preprocess_input` in mode "caffe".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: blue, green, red, each minus its mean on ImageNet.
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")


__all__ = ["VGG16", "decode_predictions", "preprocess_input"]
