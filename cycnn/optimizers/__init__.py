"""How weights learn: SGD, Adam, RMSprop, Adadelta.

An optimizer owns one slot variable per weight and state (momentum, averages of squares) and an array of eight numbers
that it fills once a step. When a training plan is made it emits one update call per weight; the plan runs them all in
one segment, after the gradients are complete.

    compile(optimizer="adam")  →  get  →  Adam()  →  build(variables)  →  emit(...) once  →  before_step() every step
"""

from cycnn.core import checks
from cycnn.core.registry import Family, serialize_keras_object
from cycnn.optimizers.adadelta import Adadelta
from cycnn.optimizers.adam import Adam
from cycnn.optimizers.base_optimizer import Optimizer
from cycnn.optimizers.rmsprop import RMSprop
from cycnn.optimizers.sgd import SGD

_FAMILY = Family("keras.optimizers", "optimizer", (Adadelta, Adam, RMSprop, SGD))
_BY_NAME = {cls.__name__.lower(): cls for cls in (Adadelta, Adam, RMSprop, SGD)}

__all__ = ["SGD", "Adadelta", "Adam", "Optimizer", "RMSprop", "deserialize", "get", "serialize"]


def get(identifier):
    """The optimizer that an argument means: a name, an `Optimizer`, or a config.

    Raises:
        ValueError: there is no such optimizer.
    """
    found = identifier
    if isinstance(identifier, str):
        found = _BY_NAME.get(identifier.lower())
        if found is None:
            raise ValueError(checks.unknown("optimizer", identifier, list(_BY_NAME)))
    elif isinstance(identifier, dict):
        found = deserialize(identifier)
    if isinstance(found, type) and issubclass(found, Optimizer):
        found = found()
    if not isinstance(found, Optimizer):
        raise ValueError(
            f"An optimizer must be a name, an `Optimizer` or its config. Received: optimizer={identifier!r}."
        )
    return found


def serialize(optimizer):
    """The config of an optimizer."""
    return serialize_keras_object(optimizer)


def deserialize(config, custom_objects=None):
    """The optimizer of a config."""
    return _FAMILY.deserialize(config, custom_objects)
