"""Architectures by name, with Keras's signatures, layer names and files of weights: `ResNet50(weights=None)`.

    lenet5 alexnet vgg16 vgg19 resnet resnet50 resnet_v2 inception_v3 xception
    mobilenet mobilenet_v2 densenet efficientnet unet       one module a family: the paper's table, over `cycnn.layers`

    imagenet_utils   preprocess_input and decode_predictions, which the families' modules have, too
    frame            what surrounds them all: input, classifier or pooling on top, weights
    blocks           what several families are made of
    weight_files     where files are looked for, and where Keras publishes them

    VGG16(...)  →  Frame: checked arguments, `frame.input`
                →  convolutions and poolings
                →  frame.classifier(x) or frame.pooled(x)
                →  frame.model(x, name): a `Model`, its weights read

A model here and one of Keras have the same layers in the same order, so the weights in Keras's `.weights.h5`, `.h5` and
`.keras` files fit. Images are preprocessed as the weights were trained: by the `preprocess_input` of the same module. Their
size is always known: where Keras leaves it open (`include_top=False` and no `input_shape`), it is that of the training.
"""

from cycnn.applications import (
    alexnet,
    densenet,
    efficientnet,
    imagenet_utils,
    inception_v3,
    lenet5,
    mobilenet,
    mobilenet_v2,
    resnet,
    resnet50,
    resnet_v2,
    unet,
    vgg16,
    vgg19,
    xception,
)
from cycnn.applications.alexnet import AlexNet
from cycnn.applications.densenet import DenseNet121, DenseNet169, DenseNet201
from cycnn.applications.efficientnet import (
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
)
from cycnn.applications.inception_v3 import InceptionV3
from cycnn.applications.lenet5 import LeNet5
from cycnn.applications.mobilenet import MobileNet
from cycnn.applications.mobilenet_v2 import MobileNetV2
from cycnn.applications.resnet import ResNet50, ResNet101, ResNet152
from cycnn.applications.resnet_v2 import ResNet50V2, ResNet101V2, ResNet152V2
from cycnn.applications.unet import UNet
from cycnn.applications.vgg16 import VGG16
from cycnn.applications.vgg19 import VGG19
from cycnn.applications.xception import Xception
from cycnn.core import checks

__all__ = [
    "VGG16",
    "VGG19",
    "AlexNet",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "InceptionV3",
    "LeNet5",
    "MobileNet",
    "MobileNetV2",
    "ResNet50",
    "ResNet50V2",
    "ResNet101",
    "ResNet101V2",
    "ResNet152",
    "ResNet152V2",
    "UNet",
    "Xception",
    "alexnet",
    "densenet",
    "efficientnet",
    "imagenet_utils",
    "inception_v3",
    "lenet5",
    "mobilenet",
    "mobilenet_v2",
    "resnet",
    "resnet50",
    "resnet_v2",
    "unet",
    "vgg16",
    "vgg19",
    "xception",
]


def __getattr__(name):
    modules = [known for known in __all__ if known.islower()]
    raise AttributeError(checks.unknown("architecture", name, set(__all__) - set(modules), modules))


def __dir__():
    return __all__
