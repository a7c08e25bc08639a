"""The learning rate as a function of the step: `SGD(learning_rate=ExponentialDecay(0.1, 1000, 0.9))`."""

from cycnn.core import checks
from cycnn.core.registry import Family, serialize_keras_object
from cycnn.optimizers.schedules.base_schedule import LearningRateSchedule
from cycnn.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from cycnn.optimizers.schedules.decays import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

_FAMILY = Family(
    "keras.optimizers.schedules",
    "learning-rate schedule",
    (CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay),
)

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


def serialize(learning_rate_schedule):
    """The config of a schedule."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config, custom_objects=None):
    """The schedule of a config."""
    return _FAMILY.deserialize(config, custom_objects)


def __getattr__(name):
    raise AttributeError(checks.unknown("learning-rate schedule", name, __all__))
