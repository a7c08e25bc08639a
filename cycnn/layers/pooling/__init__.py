"""Pooling layers: windows over `base_pooling`, all of space over `base_global_pooling`."""

from typing import TYPE_CHECKING

from cycnn.core import lazy

if TYPE_CHECKING:
    from cycnn.layers.pooling.adaptive_average_pooling1d import AdaptiveAveragePooling1D
    from cycnn.layers.pooling.adaptive_average_pooling2d import AdaptiveAveragePooling2D
    from cycnn.layers.pooling.adaptive_average_pooling3d import AdaptiveAveragePooling3D
    from cycnn.layers.pooling.adaptive_max_pooling1d import AdaptiveMaxPooling1D
    from cycnn.layers.pooling.adaptive_max_pooling2d import AdaptiveMaxPooling2D
    from cycnn.layers.pooling.adaptive_max_pooling3d import AdaptiveMaxPooling3D
    from cycnn.layers.pooling.average_pooling1d import AveragePooling1D
    from cycnn.layers.pooling.average_pooling2d import AveragePooling2D
    from cycnn.layers.pooling.average_pooling3d import AveragePooling3D
    from cycnn.layers.pooling.global_average_pooling1d import GlobalAveragePooling1D
    from cycnn.layers.pooling.global_average_pooling2d import GlobalAveragePooling2D
    from cycnn.layers.pooling.global_average_pooling3d import GlobalAveragePooling3D
    from cycnn.layers.pooling.global_max_pooling1d import GlobalMaxPooling1D
    from cycnn.layers.pooling.global_max_pooling2d import GlobalMaxPooling2D
    from cycnn.layers.pooling.global_max_pooling3d import GlobalMaxPooling3D
    from cycnn.layers.pooling.l2_pooling2d import L2Pooling2D
    from cycnn.layers.pooling.max_pooling1d import MaxPooling1D
    from cycnn.layers.pooling.max_pooling2d import MaxPooling2D
    from cycnn.layers.pooling.max_pooling3d import MaxPooling3D
    from cycnn.layers.pooling.max_unpooling2d import MaxUnpooling2D
    from cycnn.layers.pooling.sum_pooling2d import SumPooling2D

    AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
    MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
    GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D = (
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        GlobalAveragePooling3D,
    )
    GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D

__all__ = [
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "L2Pooling2D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "MaxUnpooling2D",
    "SumPooling2D",
]

__getattr__, __dir__ = lazy.attributes(__name__, "layer", __all__, dict.fromkeys(__all__, "cycnn.layers"))
