"""ResNet50 under the name of the module that it had of its own."""

from cycnn.applications.imagenet_utils import decode_predictions
from cycnn.applications.resnet import ResNet50, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
