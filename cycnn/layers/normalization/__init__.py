"""Normalization layers: by statistics of the batch, of each sample, of neighbouring channels, of the training data."""

from typing import TYPE_CHECKING

from cycnn.core import lazy

if TYPE_CHECKING:
    from cycnn.layers.normalization.batch_normalization import BatchNormalization
    from cycnn.layers.normalization.group_normalization import GroupNormalization
    from cycnn.layers.normalization.layer_normalization import LayerNormalization
    from cycnn.layers.normalization.local_response_normalization import LocalResponseNormalization
    from cycnn.layers.normalization.normalization import Normalization
    from cycnn.layers.normalization.rms_normalization import RMSNormalization
    from cycnn.layers.normalization.spectral_normalization import SpectralNormalization
    from cycnn.layers.normalization.unit_normalization import UnitNormalization

__all__ = [
    "BatchNormalization",
    "GroupNormalization",
    "LayerNormalization",
    "LocalResponseNormalization",
    "Normalization",
    "RMSNormalization",
    "SpectralNormalization",
    "UnitNormalization",
]

__getattr__, __dir__ = lazy.attributes(__name__, "layer", __all__, dict.fromkeys(__all__, "cycnn.layers"))
