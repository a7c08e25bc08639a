"""Models and weights in files: Keras 3's `.keras` and `.weights.h5`, the older `.h5`, in both directions.

    model_files      save_model, load_model           which format a path means
    weight_files     save_weights, load_weights
    file_editor      KerasFileEditor: weights in a file, without their model
    keras_file       `.keras`: a zip of metadata.json, config.json, model.weights.h5; or a folder of the three
    safetensors      `.safetensors`: weights for other tools, by names with dots
    legacy_file      `.h5`: one HDF5 file, the configuration in its attributes, arrays by layer
    state            a model ↔ `layers/conv2d/vars/0`, the names that Keras gives to arrays
    configs          configurations of Keras 2 and of `.h5` files ↔ those of Keras 3; what a file asks for that we lack
    h5               HDF5 without its traps
    plain_zip plain_h5   what Keras writes by default, read in a millisecond, without `zipfile` and h5py
    paths            kinds of files, and writing all of a file or nothing

Files are data: JSON and arrays. A name in a file leads to a class only through the tables of `core.registry`; nothing
is imported by name, unpickled or run. Before any weight of a model changes, everything a file holds for it has been
read and checked. h5py is imported when the first file needs it: to write one, and to read all but plain `.keras` files.
"""

from typing import TYPE_CHECKING

from cycnn.core import lazy
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
from cycnn.saving.model_files import load_model, save_model
from cycnn.saving.weight_files import load_weights, save_weights

if TYPE_CHECKING:
    from cycnn.saving.file_editor import KerasFileEditor

__all__ = [
    "CustomObjectScope",
    "KerasFileEditor",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]


_LATER = {"KerasFileEditor": "cycnn.saving.file_editor"}
__getattr__, __dir__ = lazy.attributes(__name__, "name in `cycnn.saving`", __all__, _LATER)
