"""Normalization layers."""

from cycnn.layers.normalization.batch_normalization import BatchNormalization

__all__ = ["BatchNormalization"]
