"""How weights learn: SGD and its relatives, and schedules of the learning rate.

An optimizer owns its state (iterations, learning rate, slots of each weight) and an array of numbers that it fills once
a step. When a training plan is made it emits accumulation, clipping and one update per weight; the plan runs them after
the gradients are complete. `apply` runs the same calls at once, on arrays.

    compile(optimizer="adam")  →  get  →  Adam()  →  build(weights)  →  emit(emit, {weight: gradient}) once
                                          every step:  before_step()  →  the plan runs  →  after_step()

    base_optimizer    what all share: clipping, weight decay, moving averages, accumulation, state, subclasses of users
    sgd … schedule_free_adamw   a rule of `kernels.update`, its slots and its numbers
    lamb adafactor muon   rules that look at a whole weight: `update_step`, in NumPy
    multi_optimizer loss_scale_optimizer   around other optimizers
    schedules         the learning rate as a function of the step
    legacy            the same classes, under the name that programs for Keras 2 use
"""

from typing import TYPE_CHECKING

from cycnn.core import checks, lazy, registry
from cycnn.core.registry import deserialize_keras_object, get_registered_object, serialize_keras_object
from cycnn.optimizers.base_optimizer import Optimizer

if TYPE_CHECKING:
    from cycnn.optimizers import legacy, schedules
    from cycnn.optimizers.adadelta import Adadelta
    from cycnn.optimizers.adafactor import Adafactor
    from cycnn.optimizers.adagrad import Adagrad
    from cycnn.optimizers.adam import Adam
    from cycnn.optimizers.adamax import Adamax
    from cycnn.optimizers.adamw import AdamW
    from cycnn.optimizers.ftrl import Ftrl
    from cycnn.optimizers.lamb import Lamb
    from cycnn.optimizers.lion import Lion
    from cycnn.optimizers.loss_scale_optimizer import LossScaleOptimizer
    from cycnn.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
    from cycnn.optimizers.muon import Muon
    from cycnn.optimizers.nadam import Nadam
    from cycnn.optimizers.rmsprop import RMSprop
    from cycnn.optimizers.schedule_free_adamw import ScheduleFreeAdamW
    from cycnn.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]

# One file an optimizer, named after it.
_FILES = {
    "": "adadelta adafactor adagrad adam adamax adamw ftrl lamb lion loss_scale_optimizer multi_optimizer muon nadam rmsprop "
    "schedule_free_adamw sgd"
}
_MODULES = lazy.by_file(__name__, _FILES, __all__)
_BY_NAME = {name.lower(): name for name in _MODULES}
_CLASSES = lazy.Objects(__name__, _MODULES)
_MODULES["OptimizerMap"] = "cycnn.optimizers.multi_optimizer"
registry.export_later("keras.optimizers", _MODULES)


def get(identifier):
    """The optimizer that an argument means: a name in any case, an `Optimizer`, its class or its config; None is None.

    Raises:
        ValueError: there is no such optimizer.
    """
    found = identifier
    if isinstance(identifier, str):
        found = get_registered_object(identifier) or _CLASSES.get(_BY_NAME.get(identifier.lower()))
        if found is None:
            raise ValueError(checks.unknown("optimizer", identifier, list(_BY_NAME)))
    elif isinstance(identifier, dict):
        found = deserialize(identifier)
    if isinstance(found, type) and issubclass(found, Optimizer):
        found = found()
    if found is not None and not isinstance(found, Optimizer):
        raise ValueError(
            f"An optimizer must be a name, an `Optimizer` or its config. Received: optimizer={identifier!r}."
        )
    return found


def serialize(optimizer):
    """The config of an optimizer."""
    return serialize_keras_object(optimizer)


def deserialize(config, custom_objects=None):
    """The optimizer of a config. The class's name may be in any case, as in Keras."""
    name = config.get("class_name")
    if isinstance(name, str) and "module" not in config and name.lower() in _BY_NAME:
        config = {**config, "class_name": _BY_NAME[name.lower()]}
    return deserialize_keras_object(config, custom_objects, module_objects=_CLASSES)


__getattr__, __dir__ = lazy.attributes(__name__, "optimizer", __all__, _MODULES, ("legacy", "schedules"))
