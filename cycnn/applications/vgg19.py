"""VGG19: sixteen convolutions of 3×3, and three dense layers."""

from cycnn.applications import imagenet_utils
from cycnn.applications.frame import Frame, documented
from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.vgg import vgg
from cycnn.applications.weight_files import STORAGE, Published

PUBLISHED = Published(
    f"{STORAGE}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels",
    ("cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"),
)


@documented(size=224, least=32)
def VGG19(include_top=True, weights="imagenet", input_tensor=None, input_shape=None, pooling=None, classes=1000,
          classifier_activation="softmax", name="vgg19"):  # fmt: skip
    """VGG19, configuration E: 143,667,240 parameters.

    Reference:
        Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=224, least=32)  # fmt: skip
    return vgg(frame, name, (2, 2, 4, 4, 4), PUBLISHED)


def preprocess_input(x, data_format=None):
    """Images as this architecture's weights were trained with them: `imagenet_utils.preprocess_input` in mode "caffe".

    Args:
        x: Array or symbolic tensor, values from 0 to 255.
        data_format: `"channels_last"` or `"channels_first"`; None: the default.

    Returns:
        Array or tensor: blue, green, red, each minus its mean on ImageNet.
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")


__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
