"""Helpers around a model: labels, seeds, files, and the registry's public side.

    np_utils      to_categorical, normalize
    rng_utils     set_random_seed
    data_utils    get_file; the base of datasets, `PyDataset`, lives with what reads them (`training.data`)
    names         clear_session
    vis_utils     pictures of models: what to use instead

The names of the modules are those that programs for Keras import from (`keras.utils.np_utils`).
"""

from cycnn.core import checks
from cycnn.core.registry import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from cycnn.preprocessing import image
from cycnn.training.data.py_dataset import PyDataset
from cycnn.utils import vis_utils
from cycnn.utils.data_utils import get_file
from cycnn.utils.names import clear_session
from cycnn.utils.np_utils import normalize, to_categorical
from cycnn.utils.rng_utils import set_random_seed

Sequence = PyDataset  # its name in Keras 2

__all__ = [
    "CustomObjectScope",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "normalize",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "to_categorical",
]


def __getattr__(name):
    for module in (image, vis_utils):
        if name in module.INSTEAD:
            return getattr(module, name)
    raise AttributeError(checks.unknown("name in `cycnn.utils`", name, __all__))
