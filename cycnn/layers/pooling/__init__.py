"""Pooling layers: windows over `base_pooling`, whole maps over `base_global_pooling`."""

from cycnn.layers.pooling.average_pooling2d import AveragePooling2D
from cycnn.layers.pooling.global_average_pooling2d import GlobalAveragePooling2D
from cycnn.layers.pooling.global_max_pooling2d import GlobalMaxPooling2D
from cycnn.layers.pooling.max_pooling2d import MaxPooling2D

AvgPool2D, MaxPool2D = AveragePooling2D, MaxPooling2D
GlobalAvgPool2D, GlobalMaxPool2D = GlobalAveragePooling2D, GlobalMaxPooling2D

__all__ = [
    "AveragePooling2D",
    "AvgPool2D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "MaxPool2D",
    "MaxPooling2D",
]
