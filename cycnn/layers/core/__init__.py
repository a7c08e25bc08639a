"""Layers that every network has: dense products, activations by name.

In Keras 2 one module of this name held them, with dropout and the layers that give elements another shape:
`from keras.layers.core import Dense, Dropout, Activation, Flatten`.
"""

from typing import TYPE_CHECKING

from cycnn.core import lazy

if TYPE_CHECKING:
    from cycnn.layers.core.activation import Activation
    from cycnn.layers.core.dense import Dense
    from cycnn.layers.core.identity import Identity
    from cycnn.layers.core.lambda_layer import Lambda
    from cycnn.layers.core.masking import Masking
    from cycnn.layers.regularization.activity_regularization import ActivityRegularization
    from cycnn.layers.regularization.dropout import Dropout
    from cycnn.layers.regularization.spatial_dropout1d import SpatialDropout1D
    from cycnn.layers.regularization.spatial_dropout2d import SpatialDropout2D
    from cycnn.layers.regularization.spatial_dropout3d import SpatialDropout3D
    from cycnn.layers.reshaping.flatten import Flatten
    from cycnn.layers.reshaping.permute import Permute
    from cycnn.layers.reshaping.repeat_vector import RepeatVector
    from cycnn.layers.reshaping.reshape import Reshape

__all__ = [
    "Activation",
    "ActivityRegularization",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "Lambda",
    "Masking",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
]

__getattr__, __dir__ = lazy.attributes(__name__, "layer", __all__, dict.fromkeys(__all__, "cycnn.layers"))
